// A server that asks for its key: the dashboard, Socket.IO with the official client, and events.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { launch, narrow, openPage, ready, views, wide } from "./browser.mjs";
import { patience, startServer, until } from "./server.mjs";

const axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const key = randomBytes(24).toString("hex");
const bearer = { Authorization: `Bearer ${key}` };

let browser, server;
before(async () => {
  browser = await launch();
  server = await startServer([], { FILAVIP_API_KEY: key });
});
after(async () => {
  await browser.close();
  await server.close();
});

const field = (page) => page.getByLabel("Key of the server");
const signIn = async (page, what = key) => {
  await field(page).fill(what);
  await page.getByRole("button", { name: "Sign in" }).click();
};

describe("the dashboard", () => {
  test("asks for the key once, on every view, and goes on there", async () => {
    const { page, trouble, close } = await openPage(browser, server);
    for (const path of Object.values(views)) {
      await page.goto(server.url + path);
      await field(page).waitFor();
    }
    await page.goto(`${server.url}/browse?tier=GOLD`);
    await signIn(page);
    await ready(page);
    assert.equal(page.url(), `${server.url}/browse?tier=GOLD`);
    assert.equal(await field(page).count(), 0);
    for (const path of Object.values(views)) {
      await page.goto(server.url + path);
      await ready(page);
    }
    assert.deepEqual(trouble, []);
    await close();
  });

  test("says that a key is wrong, and takes the right one then", async () => {
    const { page, trouble, close } = await openPage(browser, server);
    await page.goto(server.url);
    await signIn(page, "wrong".repeat(5));
    await page.getByRole("alert").filter({ hasText: "not the key of this server" }).waitFor();
    assert.equal(await field(page).getAttribute("aria-invalid"), "true");
    assert.ok(await field(page).evaluate((input) => document.activeElement === input));
    await signIn(page, "");
    await page.getByRole("alert").filter({ hasText: "asks for its key" }).waitFor();
    await field(page).fill(key);
    await page.keyboard.press("Enter");
    await ready(page);
    assert.deepEqual(trouble, []);
    await close();
  });

  test("keeps the session where no script and no other site gets at it", async () => {
    const { page, close } = await openPage(browser, server);
    await page.goto(server.url);
    await signIn(page);
    await ready(page);
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "filavip_session");
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, "Strict");
    assert.equal(cookie.path, "/");
    assert.ok(!cookie.value.includes(key));
    const days = (cookie.expires - Date.now() / 1000) / 86_400;
    assert.ok(days > 29 && days < 31, `it lasts ${days} days`);
    const kept = await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
    assert.ok(!kept.includes("filavip_session") && !kept.includes(key), kept);
    assert.ok(!(await page.content()).includes(key));
    await close();
  });

  test("comes by a link of another site without asking again", async () => {
    const { page, close } = await openPage(browser, server);
    await page.goto(server.url);
    await signIn(page);
    await ready(page);
    // Another site to the browser: the cookie is kept back from the page, not from its requests.
    const elsewhere = "http://elsewhere.example/";
    await page.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body: `<a href="${server.url}/runs">runs</a>` }));
    await page.goto(elsewhere);
    const [request] = await Promise.all([page.waitForRequest(`${server.url}/runs`), page.getByText("runs").click()]);
    assert.ok(!("cookie" in (await request.allHeaders())), "the browser sent the cookie along");
    await ready(page);
    assert.equal(await field(page).count(), 0);
    await close();
  });

  test("works live with a session: a run is started and seen to its end", async () => {
    const { page, trouble, close } = await openPage(browser, server);
    await page.goto(server.url);
    await signIn(page);
    await ready(page);
    await page.getByRole("button", { name: /^New run/ }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Orders").fill("2000");
    await dialog.getByRole("button", { name: "Start the run" }).click();
    await page.getByText(/VIP done .+ before the first NORMAL/).waitFor();
    assert.deepEqual(trouble, []);
    await close();
  });

  test("signs out, and asks again", async () => {
    const { page, close } = await openPage(browser, server);
    await page.goto(`${server.url}/system`);
    await signIn(page);
    await ready(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await field(page).waitFor();
    assert.deepEqual((await page.context().cookies()).filter(({ name }) => name === "filavip_session"), []);
    await close();
  });

  test("asks again when the session has ended under it", async () => {
    const { page, close } = await openPage(browser, server);
    await page.goto(`${server.url}/queue`);
    await signIn(page);
    await ready(page);
    await page.context().clearCookies();
    await field(page).waitFor(); // with the next look at the queue
    await signIn(page);
    await ready(page);
    assert.equal(new URL(page.url()).pathname, "/queue");
    await close();
  });

  for (const colorScheme of ["dark", "light"])
    for (const viewport of [wide, narrow])
      test(`asks accessibly, ${colorScheme}, at ${viewport.width} px`, async () => {
        const { page, trouble, close } = await openPage(browser, server, { colorScheme, viewport });
        const violations = async () => {
          const { violations } = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
          return violations.map(({ id, nodes }) => `${id} ${nodes.map((node) => node.target.join(" ")).join("; ")}`);
        };
        await page.goto(server.url);
        await field(page).waitFor();
        assert.equal(await field(page).getAttribute("type"), "password");
        assert.equal(await field(page).getAttribute("autocomplete"), "current-password");
        assert.deepEqual(await violations(), []);
        await signIn(page, "not the key, and no word");
        await page.getByRole("alert").waitFor();
        assert.deepEqual(await violations(), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it is wider than the screen");
        assert.deepEqual(trouble, []);
        await close();
      });

  test("asks in Portuguese", async () => {
    const { page, close } = await openPage(browser, server, { locale: "pt-BR" });
    await page.goto(server.url);
    await page.getByLabel("Chave do servidor").fill("errada".repeat(5));
    await page.getByRole("button", { name: "Entrar" }).click();
    await page.getByRole("alert").filter({ hasText: "não é a chave deste servidor" }).waitFor();
    await close();
  });
});

describe("Socket.IO", () => {
  /** What becomes of a client: "connect", or the error it is told. */
  const fate = (options) =>
    new Promise((resolve, reject) => {
      const socket = io(server.url, { forceNew: true, ...options });
      const end = (what) => resolve({ what, active: socket.active, socket });
      socket.on("connect", () => end("connect"));
      socket.on("connect_error", end);
      setTimeout(() => reject(new Error("nothing happened")), patience).unref();
    });

  for (const transport of ["polling", "websocket"]) {
    test(`refuses by ${transport} who does not show the key, and says why`, async () => {
      for (const [options, kind] of [
        [{}, "key-needed"],
        [{ auth: { token: "wrong" } }, "wrong-key"],
        [{ extraHeaders: { Authorization: "Bearer wrong" } }, "wrong-key"],
        [{ extraHeaders: { Cookie: "filavip_session=1.x" } }, "session-ended"],
        [{ query: { token: key } }, "key-needed"],
      ]) {
        const { what, active, socket } = await fate({ transports: [transport], ...options });
        assert.equal(what.data?.status, 401, String(what));
        assert.equal(what.data.type, `/problems/${kind}`);
        assert.equal(what.message, what.data.detail);
        assert.equal(active, false, "it would try again for ever");
        socket.close();
      }
    });

    test(`takes by ${transport} a header, a cookie and a payload, and obeys`, async () => {
      const { headers } = await fetch(`${server.url}/session`, { method: "POST", headers: bearer });
      const Cookie = headers.get("set-cookie").split(";")[0];
      for (const options of [{ auth: { token: key } }, { extraHeaders: bearer }, { extraHeaders: { Cookie } }]) {
        const { what, socket } = await fate({ transports: [transport], ...options });
        assert.equal(what, "connect", String(what));
        const ack = await socket.timeout(patience).emitWithAck("cancel-operation", {});
        assert.equal(ack.acknowledged, true, JSON.stringify(ack));
        const status = await socket.timeout(patience).emitWithAck("get-status");
        assert.equal(status.contractVersion, 2);
        socket.close();
      }
    });
  }
});

test("events come with the key or a session alone", async () => {
  const refused = await fetch(`${server.url}/pedidos/stream`);
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  assert.equal(refused.headers.get("www-authenticate"), "Bearer");
  await refused.text();
  assert.equal((await fetch(`${server.url}/pedidos/stream?token=${key}`)).status, 401);
  const stop = new AbortController();
  const answer = await fetch(`${server.url}/pedidos/stream`, { headers: bearer, signal: stop.signal });
  assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
  let text = "";
  const reader = answer.body.getReader();
  await until(async () => (text += new TextDecoder().decode((await reader.read()).value)).includes("event: status"), "a status");
  stop.abort();
  const { page, close } = await openPage(browser, server);
  await page.goto(server.url);
  const opens = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/pedidos/stream");
          source.onopen = () => resolve(source.close() ?? true);
          source.onerror = () => resolve(source.close() ?? false);
        }),
    );
  assert.equal(await opens(), false);
  await signIn(page);
  await ready(page);
  assert.equal(await opens(), true);
  await close();
});
