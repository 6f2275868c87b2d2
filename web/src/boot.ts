import type { Status } from "./wire";

/** What the server wrote into the page. */
export interface Boot {
  /** Where the application's root is, relative to the page that was asked for. */
  base: string;
  lang: "en" | "pt-BR";
  theme?: "light" | "dark";
  /** The key is asked for first; then there is nothing but what stands above. */
  locked?: boolean;
  status?: Status;
  refreshMs: number;
  maxOrders: number;
  version: string;
  workers: number;
  engine: string;
  tiers: number[];
}

/** Reads the boot data; what is missing has a default that works. */
export function readBoot(page = document): Boot {
  const text = page.getElementById("boot")?.textContent ?? "{}";
  const given = JSON.parse(text) as Partial<Boot>;
  return {
    base: "./",
    lang: "en",
    refreshMs: 5000,
    maxOrders: 1_500_000,
    version: "",
    workers: 0,
    engine: "embedded",
    tiers: [25, 25, 25, 25],
    ...given,
  };
}

/**
 * The boot data of this very page as the page itself gets it: where a link of another site
 * led here, the browser has kept the session back, and the page was locked for that.
 */
export async function readAgain(): Promise<Boot> {
  const page = await (await fetch(location.href)).text();
  return readBoot(new DOMParser().parseFromString(page, "text/html"));
}
