// Debian's Chromium, driven by playwright-core, over the real binary.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { patience } from "./server.mjs";

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Starts the browser. It looks nothing up and asks nobody outside. */
export function launch() {
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export const wide = { width: 1440, height: 900 };
export const narrow = { width: 360, height: 740 };

/** The views by their paths. */
export const views = {
  overview: "/",
  charts: "/charts",
  browse: "/browse",
  queue: "/queue",
  failures: "/failures",
  runs: "/runs",
  logs: "/logs",
  system: "/system",
};

/**
 * Opens a page that notes what must not happen: errors of the page, what its policy blocks,
 * and requests that leave the server. `trouble` has them.
 */
export async function openPage(browser, server, options = {}) {
  const context = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Refused to/.test(text)) trouble.push(text);
  });
  await page.exposeFunction("noteViolation", (what) => trouble.push(`policy: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.noteViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on("request", (request) => {
    const at = new URL(request.url());
    if (!["data:", "blob:"].includes(at.protocol) && at.host !== new URL(server.url).host) trouble.push(`request to ${request.url()}`);
  });
  const close = async () => {
    // What a test has put between page and server may still have requests of it.
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  };
  return { page, trouble, close };
}

/** Waits until the script has taken the page over and is connected. */
export async function ready(page) {
  await page.locator(".live-badge").waitFor();
  await page.waitForFunction(() => /live|ao vivo/.test(document.querySelector(".live-badge")?.textContent ?? ""));
}
