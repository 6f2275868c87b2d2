import assert from "node:assert/strict";
import { test } from "node:test";
import { forecastOf, isTrouble } from "../src/live/forecast";
import { gateOf } from "../src/live/gate";
import { RateWindow } from "../src/live/rate";
import { appendBounded, limits, mergeSamples, noStatus } from "../src/live/state";
import { stepsOfRun, stepsOfStatus } from "../src/live/steps";
import type { Phase, Run, Sample, Status } from "../src/wire";

const start = "2026-11-23T08:00:00.000Z";

function running(phase: Phase, more: Partial<Status> = {}): Status {
  return {
    ...noStatus,
    phase,
    lastRunId: "r",
    target: 1000,
    generated: 1000,
    state: { memoryPhase: phase, aborting: false, hasActiveGeneration: phase !== "DONE" && phase !== "ERROR" },
    ...more,
  };
}

const span = (duration: number) => ({ start, end: null, duration });

test("steps: done before, now, to come after", () => {
  const status = running("WAITING_VIP_DRAIN", {
    highRes: { ...noStatus.highRes, generation: span(1000), enqueue_vip: span(5), wait_vip_drain: span(150) },
  });
  const steps = stepsOfStatus(status, 50);
  assert.deepEqual(
    steps.map((step) => step.state),
    ["done", "done", "now", "todo", "todo", "todo"],
  );
  assert.equal(steps[2]?.ms, 200);
});

test("steps: a run that failed stopped in its last phase", () => {
  const status = running("ERROR", { highRes: { ...noStatus.highRes, generation: span(700) } });
  assert.deepEqual(
    stepsOfStatus(status).map((step) => step.state),
    ["failed", "todo", "todo", "todo", "todo", "failed"],
  );
});

test("steps: all of a run that is done are done", () => {
  const run = {
    phase: "DONE",
    generationTimeMs: 1,
    enqueueVipTimeMs: 2,
    processingTimeVIPMs: 3,
    enqueueNormalTimeMs: 4,
    processingTimeNormalMs: 5,
  };
  const steps = stepsOfRun(run as Run);
  assert.ok(steps.every((step) => step.state === "done"));
  assert.deepEqual(
    steps.map((step) => step.ms),
    [1, 2, 3, 4, 5, undefined],
  );
});

test("steps: generation shows how far it is", () => {
  const status = running("GENERATING", { generated: 250, highRes: { ...noStatus.highRes, generation: span(1) } });
  assert.equal(stepsOfStatus(status)[0]?.share, 0.25);
});

test("gate: shut while VIP drains, with how many", () => {
  assert.deepEqual(gateOf(running("WAITING_VIP_DRAIN"), 12), { state: "shut", vip: 12 });
  assert.deepEqual(gateOf(running("GENERATING"), undefined), { state: "shut", vip: undefined });
});

test("gate: the margin between the last VIP and the first NORMAL", () => {
  const vip = { start, end: "2026-11-23T08:00:02.200Z", timeMs: 2200, count: 250 };
  const normal = { start: "2026-11-23T08:00:02.204Z", end: null, timeMs: 0, count: 1 };
  assert.deepEqual(gateOf(running("WAITING_NORMAL_DRAIN", { processing: { vip, normal } }), 0), { state: "open", marginMs: 4 });
});

test("gate: nothing is claimed where VIP was settled again later", () => {
  const vip = { start, end: "2026-11-23T09:00:00.000Z", timeMs: 1, count: 250 };
  const normal = { start: "2026-11-23T08:00:02.204Z", end: null, timeMs: 0, count: 1 };
  assert.deepEqual(gateOf(running("DONE", { processing: { vip, normal } }), 0), { state: "open", marginMs: undefined });
});

test("gate: none without a run", () => {
  assert.deepEqual(gateOf(noStatus, 0), { state: "none" });
});

test("forecast: what holds the queue comes before any estimate", () => {
  const active = running("WAITING_NORMAL_DRAIN", { eta: { estimatedMs: 100, progressPercent: 50 } });
  assert.deepEqual(forecastOf(active, undefined), { state: "clears", clearsInMs: 100 });
  assert.equal(forecastOf({ ...active, paused: true }, undefined).state, "paused");
  assert.deepEqual(forecastOf({ ...active, stalled: "disk_full" }, undefined), { state: "stalled", clearsInMs: null, reason: "disk_full" });
  assert.equal(forecastOf(active, { state: "stalled", clearsInMs: null, reason: "quiet" }).state, "stalled");
  assert.equal(forecastOf(running("DONE"), { state: "clears", clearsInMs: 5 }).state, "idle");
});

test("forecast: of a young run its own, of an older one that of the last seconds", () => {
  const run = (wallClockMs: number) => running("WAITING_NORMAL_DRAIN", { wallClockMs, eta: { estimatedMs: 84_000, progressPercent: 50 } });
  const drain = { state: "clears", clearsInMs: 7_000 } as const;
  assert.equal(forecastOf(run(9_000), drain).clearsInMs, 84_000);
  assert.equal(forecastOf(run(11_000), drain).clearsInMs, 7_000);
  assert.equal(forecastOf(run(9_000), { state: "growing", clearsInMs: null }).state, "clears");
  assert.equal(forecastOf(run(11_000), { state: "growing", clearsInMs: null }).state, "growing");
  // The queue has just been resumed, and the server's forecast is of before.
  assert.equal(forecastOf(run(11_000), { state: "paused", clearsInMs: null }).clearsInMs, 84_000);
});

test("trouble: not what is part of the work", () => {
  assert.deepEqual(
    (["retries", "quiet", "disk_full"] as const).map((reason) => isTrouble({ state: "stalled", clearsInMs: null, reason })),
    [false, true, true],
  );
  assert.equal(isTrouble({ state: "paused", clearsInMs: null }), false);
});

test("rate: over the last second, and anew with each run", () => {
  const rate = new RateWindow();
  const at = (timestamp: number, total: number, lastRunId = "r") =>
    rate.add(running("WAITING_NORMAL_DRAIN", { timestamp, lastRunId, counts: { ...noStatus.counts, total } }));
  at(0, 0);
  assert.equal(at(500, 1000), 2000);
  assert.equal(at(1000, 3000), 3000);
  assert.equal(at(1500, 3000), 2000);
  assert.equal(at(3000, 3000), 0);
  at(3100, 5, "s");
  assert.equal(at(3200, 10, "s"), 0); // too early: the mean, of which nothing is known here
  assert.equal(at(3600, 30, "s"), 50);
});

test("lists stay within their limit and keep what is new", () => {
  assert.deepEqual(appendBounded([1, 2, 3], [4, 5], 3), [3, 4, 5]);
  const samples = Array.from({ length: limits.series + 10 }, (_, i) => ({ at: i }) as Sample);
  const merged = mergeSamples(samples.slice(100), samples);
  assert.equal(merged.length, limits.series);
  assert.equal(merged[0]?.at, 10);
});
