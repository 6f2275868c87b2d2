import assert from "node:assert/strict";
import { test } from "node:test";
import { gateFacts, isSilent, laneWord, settledShare, wholeNumber } from "../src/views/queue/facts";
import type { LaneState, QueueDiagnostics, WorkerState } from "../src/wire";

function lane(more: Partial<LaneState> = {}): LaneState {
  return { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, removed: 0, blocks: { ready: 0, claimed: 0, delayed: 0 }, ...more };
}

function diagnostics(vip: LaneState, normal: LaneState, gate?: "open" | "shut"): QueueDiagnostics {
  return {
    memoryPhase: "IDLE",
    hasActiveGeneration: false,
    aborting: false,
    counts: { waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0, paused: false },
    workers: 1,
    generation: 0,
    lanes: { vip, normal },
    ...(gate ? { gate } : {}),
  };
}

test("the gate: every unsettled VIP order counts, also those that wait for a retry", () => {
  const facts = gateFacts(diagnostics(lane({ waiting: 5, active: 2, delayed: 3 }), lane({ waiting: 9 }), "shut"));
  assert.deepEqual(facts, { shut: true, vip: 10, retrying: 3, normal: 9 });
});

test("the gate: where the server does not say, unsettled VIP orders shut it", () => {
  assert.equal(gateFacts(diagnostics(lane({ delayed: 1 }), lane()))?.shut, true);
  assert.equal(gateFacts(diagnostics(lane({ failed: 1 }), lane()))?.shut, false);
});

test("a lane's word", () => {
  assert.equal(laneWord("VIP", lane(), false, true), "empty");
  assert.equal(laneWord("VIP", lane({ completed: 3 }), false, true), "drained");
  assert.equal(laneWord("VIP", lane({ waiting: 1 }), true, true), "paused");
  assert.equal(laneWord("VIP", lane({ waiting: 1 }), true, false), "waiting");
  assert.equal(laneWord("VIP", lane({ waiting: 1, active: 1 }), true, false), "working");
  assert.equal(laneWord("VIP", lane({ delayed: 1 }), true, false), "delayed");
  assert.equal(laneWord("NORMAL", lane({ waiting: 1 }), true, false), "gated");
  assert.equal(laneWord("NORMAL", lane({ active: 1 }), false, false), "working");
});

test("what failed or was removed is settled too", () => {
  assert.deepEqual(settledShare(lane({ waiting: 5, completed: 2, failed: 2, removed: 1 })), { all: 10, settled: 0.5 });
  assert.deepEqual(settledShare(lane()), { all: 0, settled: 0 });
});

test("a worker is silent after 30 s at one order, however long it is idle", () => {
  const since = "2026-11-23T08:00:00.000Z";
  const at = Date.parse(since);
  const worker: WorkerState = { id: "worker-1", state: "working", lane: "VIP", runId: "r", orderId: "o", orders: 1, since };
  assert.equal(isSilent(worker, at + 30_000), false);
  assert.equal(isSilent(worker, at + 30_001), true);
  assert.equal(isSilent({ ...worker, orderId: null }, at + 60_000), false);
  assert.equal(isSilent({ ...worker, state: "idle" }, at + 60_000), false);
});

test("numbers as they are typed", () => {
  assert.equal(wholeNumber(" 10 ", 1, 10), 10);
  assert.equal(wholeNumber("", 1, 10), "");
  for (const bad of ["0", "11", "1.5", "1e1", "-1", "ten"]) assert.equal(wholeNumber(bad, 1, 10), undefined, bad);
});
