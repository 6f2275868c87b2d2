import assert from "node:assert/strict";
import { test } from "node:test";
import { createI18n } from "../src/i18n/i18n";
import { noStatus } from "../src/live/state";
import { stepsOfRun } from "../src/live/steps";
import { comparable, figuresOf, idsOf, verdictOf } from "../src/views/runs/compare";
import { gapOf, partsOf, rateOver, withStatus } from "../src/views/runs/figures";
import { sharesOf, workText } from "../src/views/runs/setup";
import type { Run, Status } from "../src/wire";

const at = (ms: number) => new Date(Date.UTC(2026, 10, 23, 8) + ms).toISOString();

const run: Run = {
  runId: "a",
  createdAt: at(0),
  endedAt: at(1000),
  status: "completed",
  phase: "DONE",
  aborted: false,
  target: 1000,
  generated: 1000,
  failed: 0,
  removed: 0,
  pending: 0,
  rejected: 0,
  generationTimeMs: 600,
  enqueueVipTimeMs: 1,
  enqueueNormalTimeMs: 2,
  processingTimeVIPMs: 580,
  processingTimeNormalMs: 380,
  startVIP: at(20),
  endVIP: at(600),
  startNormal: at(610),
  endNormal: at(990),
  totalProcessedVIP: 250,
  totalProcessedNormal: 750,
  totalTimeMs: 1560,
  wallClockMs: 1000,
  kind: "generated",
  seed: "18446744073709551615",
  weights: { BRONZE: 1, SILVER: 1, GOLD: 1, DIAMOND: 1 },
  work: { handler: "mark", delayMs: 0, failures: 0, attempts: 3 },
  digest: "00",
};
const names = { generation: "g", vip: "v", normal: "n" };

test("a run's bar: stages since acceptance, open ones up to now", () => {
  const spans = (one: Run) => partsOf(one, names).map((part) => [part.from, part.to]);
  assert.deepEqual(spans(run), [
    [0, 600],
    [20, 600],
    [610, 990],
  ]);
  const early: Run = {
    ...run,
    phase: "GENERATING",
    generationTimeMs: 0,
    wallClockMs: 300,
    endVIP: null,
    startNormal: null,
    endNormal: null,
  };
  assert.deepEqual(spans(early), [
    [0, 300],
    [20, 300],
    [0, 0],
  ]);
});

test("interruptions add up, and no time means no rate", () => {
  assert.equal(
    gapOf({
      ...run,
      gaps: [
        { from: at(0), to: at(40) },
        { from: at(100), to: at(160) },
      ],
    }),
    100,
  );
  assert.equal(gapOf(run), 0);
  assert.equal(rateOver(500, 250), 2000);
  assert.equal(rateOver(500, 0), 0);
});

test("a status moves its own run on, and no other", () => {
  const status: Status = {
    ...noStatus,
    lastRunId: "a",
    target: 1000,
    generated: 400,
    counts: { ...noStatus.counts, vip: 90, total: 90 },
    state: { memoryPhase: "GENERATING", aborting: false, hasActiveGeneration: true },
  };
  const now = withStatus(run, status);
  assert.deepEqual([now.status, now.phase, now.generated, now.totalProcessedVIP, now.endedAt], ["running", "GENERATING", 400, 90, null]);
  assert.equal(now.seed, run.seed);
  assert.equal(withStatus({ ...run, runId: "b" }, status).generated, 1000);
  const ended = { ...status, state: { memoryPhase: "ERROR" as const, aborting: false, hasActiveGeneration: false } };
  assert.equal(withStatus(run, { ...ended, aborted: true }).status, "cancelled");
  assert.equal(withStatus(run, ended).status, "failed");
});

test("steps of a run have the time from phase to phase where that is known", () => {
  const entered = [
    { phase: "GENERATING" as const, at: 0 },
    { phase: "ENQUEUE_VIP" as const, at: 600 },
    { phase: "WAITING_VIP_DRAIN" as const, at: 601 },
  ];
  assert.deepEqual(
    stepsOfRun(run, entered).map((step) => step.ms),
    [600, 1, 580, 2, 380, undefined],
  );
});

test("better and worse: by what is good, and beyond the noise", () => {
  assert.equal(verdictOf(1000, 800, "less", "ms"), "better");
  assert.equal(verdictOf(1000, 1200, "less", "ms"), "worse");
  assert.equal(verdictOf(1000, 1200, "more", "perSecond"), "better");
  assert.equal(verdictOf(1000, 1015, "less", "ms"), "same");
  assert.equal(verdictOf(1, 5, "less", "ms"), "same");
  assert.equal(verdictOf(0, 1, "less", "orders"), "worse");
});

test("runs of another size have no better times, unfinished ones no better at all", () => {
  const verdicts = (b: Run) => Object.fromEntries(figuresOf(run, b).map((figure) => [figure.name, figure.verdict]));
  const bigger: Run = { ...run, target: 2000, wallClockMs: 500 };
  assert.equal(comparable(run, bigger), "size");
  assert.equal(verdicts(bigger)["wallClock"], undefined);
  assert.equal(verdicts(bigger)["rate"], "better");
  const cancelled: Run = { ...run, status: "cancelled", wallClockMs: 500 };
  assert.equal(comparable(run, cancelled), "unfinished");
  assert.equal(verdicts(cancelled)["rate"], undefined);
  assert.equal(verdicts({ ...run, wallClockMs: 500 })["wallClock"], "better");
});

test("an address names two different runs, or none", () => {
  assert.deepEqual(idsOf("a,b"), ["a", "b"]);
  for (const text of ["", "a", "a,a", "a,b,c", ","]) assert.equal(idsOf(text), undefined, text);
});

test("weights as shares, also where all are 0", () => {
  assert.deepEqual(
    sharesOf({ BRONZE: 6, SILVER: 2, GOLD: 0, DIAMOND: 2 }).map((one) => one.share),
    [0.6, 0.2, 0, 0.2],
  );
  assert.equal(sharesOf({ BRONZE: 0, SILVER: 0, GOLD: 0, DIAMOND: 0 })[3]?.share, 0);
});

test("the work of a run in words", () => {
  const simulated: Run = { ...run, work: { handler: "simulate", delayMs: 1.5, failures: 0.2, attempts: 3 } };
  assert.equal(workText(simulated, createI18n("en")), "simulated: 1.5\u202fms an order, 20% of attempts fail");
  assert.equal(workText({ ...run, work: { ...run.work, handler: "mine" } }, createI18n("en")), "handler mine");
});
