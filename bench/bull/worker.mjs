// A worker as the reference has it, measured: orders are documents in MongoDB and jobs of
// a Bull queue in Redis, 25 are worked on at a time, and each is settled by one conditional
// update through the official driver. It makes, stores and enqueues its orders first, VIP
// before NORMAL, and starts to process once that is done: neither slows the other.
//
// MONGO_URI (with the database), REDIS_URL and ORDERS say where and how many. The last
// line of its output is the result, as JSON; times are in milliseconds.

import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import Queue from "bull";
import { MongoClient } from "mongodb";

const CONCURRENCY = 25;
const STORED_AT_ONCE = 10_000;
const ENQUEUED_AT_ONCE = 1_000;
const TIERS = ["BRONZE", "SILVER", "GOLD", "DIAMOND"];
const PRIORITY = { VIP: 1, NORMAL: 10 };
const NOTE = { VIP: "enviado com prioridade", NORMAL: "processado sem prioridade" };

const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;

/** Makes the order with that number; every fourth is VIP. */
function makeOrder(i) {
  const tier = TIERS[i % TIERS.length];
  return {
    id: randomUUID(),
    cliente: `Cliente ${i}`,
    valor: (1 + Math.floor(Math.random() * 100_000)) / 100,
    tier,
    priority: tier === "DIAMOND" ? "VIP" : "NORMAL",
    observacoes: "gerado",
    status: "pendente",
    createdAt: new Date(),
  };
}

/** Stores all orders and returns what their jobs carry, by lane. */
async function store(orders, count) {
  await orders.createIndex({ id: 1 }, { unique: true });
  await orders.createIndex({ priority: 1, status: 1 });
  await orders.createIndex({ createdAt: 1 });
  const lanes = { VIP: [], NORMAL: [] };
  for (let from = 0; from < count; from += STORED_AT_ONCE) {
    const chunk = [];
    for (let i = from; i < Math.min(from + STORED_AT_ONCE, count); i++) chunk.push(makeOrder(i));
    for (const { id, priority } of chunk) lanes[priority].push({ id, priority });
    await orders.insertMany(chunk, { ordered: false });
  }
  return lanes;
}

async function enqueue(queue, lane) {
  for (let from = 0; from < lane.length; from += ENQUEUED_AT_ONCE) {
    await queue.addBulk(
      lane.slice(from, from + ENQUEUED_AT_ONCE).map((data) => ({
        name: "processOrder",
        data,
        opts: { priority: PRIORITY[data.priority], removeOnComplete: true, removeOnFail: false },
      })),
    );
  }
}

/** Processes until every job has completed or failed, and returns what was seen. */
function processAll(queue, orders, lanes) {
  const seen = { completed: 0, failed: 0, stalled: 0, updated: 0, overtaken: 0, error: "" };
  const all = lanes.VIP.length + lanes.NORMAL.length;
  let vipDone = 0;
  return new Promise((resolve, reject) => {
    const ended = () => {
      if (seen.completed + seen.failed === all) resolve(seen);
    };
    queue.on("completed", () => {
      seen.completed++;
      ended();
    });
    queue.on("failed", (_job, err) => {
      seen.failed++;
      seen.error ||= String(err);
      ended();
    });
    queue.on("stalled", () => seen.stalled++);
    queue.on("error", reject);
    queue
      .process("processOrder", CONCURRENCY, async ({ data: { id, priority } }) => {
        if (priority === "NORMAL" && vipDone < lanes.VIP.length) seen.overtaken++;
        const { modifiedCount } = await orders.updateOne(
          { id, status: "pendente" },
          { $set: { status: "processado", observacoes: NOTE[priority] } },
        );
        if (modifiedCount !== 1) throw new Error(`order ${id} was not pendente`);
        seen.updated++;
        if (priority === "VIP") vipDone++;
      })
      .catch(reject);
  });
}

async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return [result, performance.now() - begun];
}

async function main() {
  const { MONGO_URI, REDIS_URL, ORDERS } = process.env;
  const count = Number(ORDERS);
  if (!MONGO_URI || !REDIS_URL || !Number.isInteger(count) || count < 4) {
    throw new Error("give MONGO_URI with a database, REDIS_URL, and ORDERS of 4 or more");
  }
  const mongo = await MongoClient.connect(MONGO_URI);
  const orders = mongo.db().collection("orders");
  const queue = new Queue("orders-queue", REDIS_URL);
  await queue.isReady();

  const [lanes, storeMs] = await timed(() => store(orders, count));
  const [, enqueueMs] = await timed(async () => {
    await enqueue(queue, lanes.VIP);
    await enqueue(queue, lanes.NORMAL);
  });
  const [seen, processMs] = await timed(() => processAll(queue, orders, lanes));
  const left = await queue.getJobCounts();
  await queue.close();
  await mongo.close();
  console.log(
    JSON.stringify({
      orders: count,
      vip: lanes.VIP.length,
      storeMs,
      enqueueMs,
      processMs,
      ...seen,
      left: left.waiting + left.active + left.delayed + left.paused,
      node: process.version,
      bull: version("bull"),
      mongodb: version("mongodb"),
      ioredis: version("ioredis"),
    }),
  );
}

await main();
