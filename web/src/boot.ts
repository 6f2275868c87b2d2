import type { Status } from "./wire";

/** What the server wrote into the page. */
export interface Boot {
  /** Where the application's root is, relative to the page that was asked for. */
  base: string;
  lang: "en" | "pt-BR";
  theme?: "light" | "dark";
  status?: Status;
  refreshMs: number;
  maxOrders: number;
  version: string;
  workers: number;
  engine: string;
  tiers: number[];
}

/** Reads the boot data; what is missing has a default that works. */
export function readBoot(): Boot {
  const text = document.getElementById("boot")?.textContent ?? "{}";
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
