// The official client against the real server.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { patience, startServer, until } from "./server.mjs";

const phases = ["GENERATING", "ENQUEUE_VIP", "WAITING_VIP_DRAIN", "ENQUEUE_NORMAL", "WAITING_NORMAL_DRAIN", "DONE"];
const transports = { "polling only": ["polling"], "websocket only": ["websocket"], "polling, then an upgrade": undefined };

/** A client that keeps all it is sent. */
function watch(url, options = {}) {
  const socket = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
  const seen = { events: [], phases: [], statuses: [], ids: [] };
  socket.onAny((name, body, id) => {
    seen.events.push(name);
    if (name === "phase") seen.phases.push(body.to);
    if (name === "status") seen.statuses.push(body);
    if (id) seen.ids.push(id);
  });
  return { socket, seen, close: () => socket.close() };
}

const connected = (client) => until(() => client.seen.statuses.length > 0, "the first status");
const ask = (client, ...args) => client.socket.timeout(patience).emitWithAck(...args);

for (const [name, list] of Object.entries(transports)) {
  describe(name, () => {
    let server, client;
    before(async () => {
      server = await startServer();
      client = watch(server.url, list ? { transports: list } : {});
      await connected(client);
    });
    after(async () => {
      client.close();
      await server.close();
    });

    test("greets, and tells the state", () => {
      assert.deepEqual(client.seen.events.slice(0, 2), ["connected", "status"]);
      assert.equal(client.seen.statuses[0].phase, "IDLE");
      assert.equal(client.seen.statuses[0].contractVersion, 2);
    });

    test("ends on the transport it may", async () => {
      const want = list?.[0] ?? "websocket";
      await until(() => client.socket.io.engine.transport.name === want, `transport ${want}`);
    });

    test("starts a run, and shows every phase of it with a status", async () => {
      const ack = await ask(client, "start-generation", { quantity: 20_000 });
      assert.equal(ack.acknowledged, true);
      assert.match(ack.runId, /^[0-9a-f-]{36}$/);
      await until(() => client.seen.phases.includes("DONE"), "DONE");
      assert.deepEqual(client.seen.phases, phases);
      await until(() => client.seen.statuses.at(-1).phase === "DONE", "a status of DONE");
      for (const phase of phases) assert.ok(client.seen.statuses.some((s) => s.phase === phase), `no status of ${phase}`);
      const end = client.seen.statuses.at(-1);
      assert.equal(end.lastRunId, ack.runId);
      assert.equal(end.counts.total, 20_000);
      assert.ok(client.seen.events.includes("generation-started"));
      assert.ok(client.seen.events.includes("log"));
    });

    test("tells the truth on get-status", async () => {
      const status = await ask(client, "get-status");
      assert.deepEqual({ ...status, timestamp: 0 }, { ...(await server.get("/pedidos")), timestamp: 0 });
    });

    test("refuses what makes no sense, and says why", async () => {
      for (const quantity of [0, -1, 1.5, "1e6", 1_500_001, null, {}]) {
        const ack = await ask(client, "start-generation", { quantity });
        assert.equal(ack.acknowledged, false, `quantity ${quantity}`);
        assert.equal(ack.error.status, 400);
        assert.equal(ack.error.errors[0].parameter, "quantity");
      }
      const unknown = await ask(client, "drop-tables");
      assert.equal(unknown.acknowledged, false);
      assert.match(unknown.error.detail, /drop-tables/);
      const misnamed = await ask(client, "start-generation", { totalOrders: 5 });
      assert.equal(misnamed.error.errors[0].parameter, "totalOrders");
    });

    test("cancels and resets", async () => {
      assert.equal((await ask(client, "cancel-operation")).aborted, false);
      const wiped = await ask(client, "reset-system");
      assert.equal(wiped.acknowledged, true);
      assert.equal(wiped.deletedOrders, 20_000);
      await until(() => client.seen.statuses.at(-1).phase === "IDLE", "IDLE after the reset");
    });

    test("comes back after the server was killed", async () => {
      await server.kill();
      await until(() => !client.socket.connected, "the loss");
      client.seen.statuses.length = 0;
      await server.start();
      await connected(client);
      assert.equal((await ask(client, "get-status")).phase, "IDLE");
    });
  });
}

describe("a run of 200,000 orders", () => {
  let server;
  before(async () => (server = await startServer()));
  after(() => server.close());

  test("loses no phase change, on any transport, to any of twelve clients", async () => {
    const lists = Object.values(transports);
    const clients = Array.from({ length: 12 }, (_, i) => watch(server.url, lists[i % 3] ? { transports: lists[i % 3] } : {}));
    await Promise.all(clients.map(connected));
    const ack = await ask(clients[0], "start-generation", { quantity: 200_000 });
    assert.equal(ack.acknowledged, true);
    const second = await ask(clients[1], "start-generation", { quantity: 5 });
    assert.equal(second.error.status, 409);
    assert.equal(second.error.runId, ack.runId);
    for (const client of clients) await until(() => client.seen.phases.at(-1) === "DONE", "DONE");
    for (const client of clients) {
      assert.deepEqual(client.seen.phases, phases);
      client.close();
    }
  });

  test("who loses the connection gets what it missed", async () => {
    const client = watch(server.url, { transports: ["websocket"], auth: (send) => send({ lastEventId: client.seen.ids.at(-1) }) });
    await connected(client);
    const before = await server.post("/pedidos/generate?quantity=1000");
    await until(() => client.seen.phases.at(-1) === "DONE", "DONE");
    client.socket.io.engine.close();
    await server.post("/pedidos/generate?quantity=200000");
    await until(async () => (await server.get("/pedidos")).phase === "DONE", "DONE");
    await until(() => client.seen.phases.length >= 12, "the phases that were missed");
    assert.deepEqual(client.seen.phases, [...phases, ...phases]);
    assert.notEqual(client.seen.statuses.at(-1).lastRunId, before.runId);
    client.close();
  });
});

describe("at the door", () => {
  let server;
  before(async () => (server = await startServer(["--cors-origin", "https://orders.example"])));
  after(() => server.close());

  const refused = (client) => new Promise((resolve) => client.socket.once("connect_error", resolve));

  test("an unknown namespace is refused", async () => {
    const client = watch(`${server.url}/nowhere`);
    assert.equal((await refused(client)).message, "Invalid namespace");
    client.close();
  });

  for (const list of [["polling"], ["websocket"]]) {
    test(`pages of other origins are refused before anything, over ${list}`, async () => {
      const foreign = watch(server.url, { transports: list, reconnection: false, extraHeaders: { Origin: "https://evil.example" } });
      await refused(foreign);
      const trusted = watch(server.url, { transports: list, extraHeaders: { Origin: "https://orders.example" } });
      await connected(trusted);
      foreign.close();
      trusted.close();
    });

    test(`what is too long ends the connection, and nobody else's, over ${list}`, async () => {
      const other = watch(server.url);
      const client = watch(server.url, { transports: list, reconnection: false });
      await Promise.all([connected(client), connected(other)]);
      const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
      client.socket.emit("start-generation", { quantity: 1, more: "x".repeat(5_000) });
      await gone;
      assert.equal((await ask(other, "get-status")).phase, "IDLE");
      client.close();
      other.close();
    });

    test(`binary data ends the connection, over ${list}`, async () => {
      const client = watch(server.url, { transports: list, reconnection: false });
      await connected(client);
      const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
      client.socket.emit("start-generation", new Uint8Array([1, 2, 3]));
      await gone;
      client.close();
    });
  }

  test("the official client is served", async () => {
    const want = await readFile(new URL("../node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url), "utf8");
    for (const name of ["socket.io.js", "socket.io.min.js"]) {
      const answer = await fetch(`${server.url}/socket.io/${name}`);
      assert.match(answer.headers.get("content-type"), /javascript/);
      assert.equal(await answer.text(), want);
    }
  });
});
