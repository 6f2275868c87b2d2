import assert from "node:assert/strict";
import { test } from "node:test";
import { createI18n } from "../src/i18n/i18n";
import { readLine, readPage } from "../src/live/logline";
import { noStatus } from "../src/live/state";
import { forecastText, troubleText } from "../src/views/overview/forecasttext";
import { laneWord } from "../src/views/overview/laneword";
import { readQuantity, readSeed, readTiers } from "../src/views/overview/newrun";
import type { Forecast, Status } from "../src/wire";

test("a quantity is a whole number in range, however its thousands are written", () => {
  const read = (text: string) => readQuantity(text, 1_500_000);
  assert.deepEqual(["1", " 1000000 ", "1,000,000", "1.000.000", "1 000 000"].map(read), [1, 1_000_000, 1_000_000, 1_000_000, 1_000_000]);
  assert.deepEqual(
    ["", "0", "-1", "1.5", "1e6", "1,00", "1500001", "１"].map(read),
    Array.from({ length: 8 }, () => undefined),
  );
});

test("a seed keeps all its digits, and fits 64 bits", () => {
  assert.equal(readSeed("18446744073709551615"), "18446744073709551615");
  assert.equal(readSeed("18446744073709551616"), undefined);
  assert.equal(readSeed(" "), "");
  assert.equal(readSeed("-1"), undefined);
});

test("tiers are whole numbers, not all 0", () => {
  assert.equal(readTiers(["25", " 25", "0", "050"]), "25,25,0,50");
  assert.equal(readTiers(["0", "0", "0", "0"]), undefined);
  assert.equal(readTiers(["1", "", "1", "1"]), undefined);
});

test("a forecast says when, or why not", () => {
  const en = createI18n("en");
  const pt = createI18n("pt-BR");
  const of = (forecast: Partial<Forecast>) => ({ state: "idle", clearsInMs: null, ...forecast }) as Forecast;
  assert.equal(forecastText(of({ state: "clears", clearsInMs: 160 }), en), "Clears in 160\u202fms");
  assert.equal(forecastText(of({ state: "clears" }), en), "Clears soon");
  assert.equal(forecastText(of({ state: "stalled", reason: "disk_full" }), en), "Stalled");
  assert.equal(forecastText(of({ state: "clears", clearsInMs: 84_300 }), en), "Clears in 1\u202fmin 24\u202fs");
  assert.equal(forecastText(of({ state: "clears", reason: "too_far" }), en), "Not within a year");
  assert.equal(forecastText(of({ state: "stalled", reason: "retries" }), en), "Waits for retries");
  assert.equal(troubleText(of({ state: "stalled", reason: "disk_full" }), en), "Stalled: the disk is nearly full");
  assert.equal(troubleText(of({ state: "stalled", reason: "other" }), en), "Stalled: other");
  assert.equal(troubleText(of({ state: "growing" }), pt), "Crescendo: entra mais do que sai");
});

test("a lane's word follows the run", () => {
  const status = (more: Partial<Status>): Status => ({
    ...noStatus,
    state: { memoryPhase: "WAITING_VIP_DRAIN", aborting: false, hasActiveGeneration: true },
    generated: 10,
    ...more,
  });
  const begun = { start: "2026-11-23T08:00:00Z", end: null, timeMs: 0, count: 1 };
  const over = { ...begun, end: "2026-11-23T08:00:01Z" };
  const idle = noStatus.processing.normal;
  assert.equal(laneWord("VIP", status({ processing: { vip: begun, normal: idle } }), 9), "draining");
  assert.equal(laneWord("NORMAL", status({ processing: { vip: begun, normal: idle } }), 30), "gated");
  assert.equal(laneWord("VIP", status({ processing: { vip: over, normal: begun } }), 0), "drained");
  assert.equal(laneWord("NORMAL", status({ paused: true }), 30), "paused");
  assert.equal(laneWord("NORMAL", status({ state: { memoryPhase: "ERROR", aborting: false, hasActiveGeneration: false } }), 0), "stopped");
  assert.equal(laneWord("NORMAL", noStatus, 0), "idle");
});

test("log lines are read in the order of their time", () => {
  const lines = readPage({
    logs: {
      logMessages: ["[2026-11-23T13:57:47.258Z] [INFO] [pipeline] phase run=r to=DONE", "no form"],
      warnMessages: ["[2026-11-23T13:57:47.100Z] [WARN] [queue] order failed"],
      errorMessages: [],
    },
  });
  assert.deepEqual(
    lines.map((line) => [line.seq, line.level, line.category, line.message, line.data]),
    [
      [-3, "log", "", "no form", ""],
      [-2, "warn", "queue", "order failed", ""],
      [-1, "log", "pipeline", "phase", "run=r to=DONE"],
    ],
  );
});

test("a message ends where its pairs begin", () => {
  const split = (rest: string) => {
    const { message, data } = readLine(`[2026-11-23T13:57:47.258Z] [INFO] [pipeline] ${rest}`, "log");
    return [message, data];
  };
  assert.deepEqual(split("a = b is no pair"), ["a = b is no pair", ""]);
  assert.deepEqual(split("key=1"), ["", "key=1"]);
});
