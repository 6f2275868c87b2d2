// axe-core on every view, in both themes and at both widths: no violation.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, narrow, openPage, ready, views, wide } from "./browser.mjs";
import { startServer, until } from "./server.mjs";

const axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

let browser, server;
before(async () => {
  browser = await launch();
  server = await startServer(["--simulate-failures", "0.02", "--attempts", "1"]);
  for (let i = 0; i < 2; i++) {
    await server.post("/pedidos/generate?quantity=3000");
    await until(async () => (await server.get("/pedidos")).phase === "DONE");
  }
});
after(async () => {
  await browser.close();
  await server.close();
});

/** Runs axe in the page; the rules of WCAG 2.2 AA and axe's own best practices. */
async function violations(page) {
  // Not as a script element: the page's policy forbids those, as it should.
  const result = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  return result.violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(" ")).join("; ")})`);
}

for (const colorScheme of ["dark", "light"])
  for (const viewport of [wide, narrow])
    test(`no violation, ${colorScheme}, at ${viewport.width} px`, async () => {
      const { page, close } = await openPage(browser, server, { colorScheme, viewport });
      const { runs } = await server.get("/pedidos/runs");
      const paths = { ...views, run: `/runs/${runs[0].runId}`, compare: `/runs?compare=${runs[0].runId},${runs[1].runId}` };
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(server.url + path);
        await ready(page);
        await page.waitForLoadState("networkidle").catch(() => {});
        assert.deepEqual(await violations(page), [], name);
      }
      await page.goto(server.url);
      await ready(page);
      await page.getByRole("button", { name: /^New run/ }).first().click();
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await violations(page), [], "the dialog of a new run");
      await page.keyboard.press("Escape");
      await page.goto(`${server.url}/browse`);
      await page.locator("tbody tr[data-row]").first().click();
      await page.getByText("What became of it").waitFor();
      assert.deepEqual(await violations(page), [], "an order's drawer");
      await close();
    });

test("the page without a script has no violation", async () => {
  const { page, close } = await openPage(browser, server);
  await page.route("**/assets/*.js", (route) => route.abort());
  await page.goto(server.url);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("a phase change is announced", async () => {
  const { page, close } = await openPage(browser, server);
  await page.goto(server.url);
  await ready(page);
  await page.evaluate(() => {
    window.announced = [];
    const note = () => {
      for (const region of document.querySelectorAll("[aria-live=polite], [role=status]")) window.announced.push(region.textContent);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await server.post("/pedidos/generate?quantity=20000");
  await page.waitForFunction(() => window.announced.some((text) => /Phase: Done/.test(text)));
  await close();
});

test("what is planted is found", async () => {
  const { page, trouble, close } = await openPage(browser, server);
  await page.goto(server.url);
  await ready(page);
  await page.evaluate(() => {
    const image = document.createElement("img"); // without a text
    image.src = "favicon.svg";
    document.querySelector("main").append(image);
    document.body.insertAdjacentHTML("beforeend", '<p style="color: red">styled in the markup</p>');
    fetch("http://127.0.0.1:9/elsewhere").catch(() => {});
    setTimeout(() => {
      throw new Error("planted");
    });
  });
  assert.ok((await violations(page)).some((what) => what.startsWith("image-alt")));
  for (const want of [/style-src/, /connect-src|request to http:\/\/127\.0\.0\.1:9/, /error: planted/]) {
    await until(() => trouble.some((what) => want.test(what)), String(want));
  }
  await close();
});
