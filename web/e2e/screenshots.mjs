// Pictures of every view, at both widths and in both themes, into web/screenshots.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launch, narrow, openPage, ready, views, wide } from "./browser.mjs";
import { startServer, until } from "./server.mjs";

const out = new URL("../screenshots/", import.meta.url);
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const browser = await launch();
const server = await startServer(["--simulate-failures", "0.002", "--attempts", "1"]);
const done = () => until(async () => (await server.get("/pedidos")).phase === "DONE", "DONE");
for (const quantity of [300_000, 1_000_000, 1_000_000]) {
  await server.post(`/pedidos/generate?quantity=${quantity}`);
  await done();
}
const { runs } = await server.get("/pedidos/runs");
const paths = {
  ...views,
  charts: "/charts?window=run",
  run: `/runs/${runs[0].runId}`,
  compare: `/runs?compare=${runs[0].runId},${runs[1].runId}`,
};

async function take(page, name) {
  await ready(page);
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.waitForTimeout(400); // a chart draws once its data is there
  await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, out)) });
}

for (const colorScheme of ["dark", "light"])
  for (const viewport of [wide, narrow]) {
    const { page, close } = await openPage(browser, server, { colorScheme, viewport });
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(server.url + path);
      await take(page, `${name}-${viewport.width}-${colorScheme}`);
    }
    await close();
  }
await server.close();

// A run that is under way: slow enough to be seen.
const slow = await startServer(["--simulate-work", "1ms"]);
await slow.post("/pedidos/generate?quantity=600000");
await until(async () => (await slow.get("/pedidos")).phase === "WAITING_NORMAL_DRAIN");
await until(async () => (await slow.get("/pedidos")).counts.normal > 30_000);
for (const colorScheme of ["dark", "light"]) {
  const { page, close } = await openPage(browser, slow, { colorScheme });
  for (const [name, path] of Object.entries({ "overview-running": "/", "queue-running": "/queue" })) {
    await page.goto(slow.url + path);
    await take(page, `${name}-${wide.width}-${colorScheme}`);
  }
  await close();
}
await slow.close();
const empty = await startServer();
const { page, close } = await openPage(browser, empty, { colorScheme: "dark" });
await page.goto(empty.url);
await take(page, `overview-empty-${wide.width}-dark`);
await close();
await empty.close();
await browser.close();
