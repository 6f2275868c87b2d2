import type { TimelinePart } from "../../components/timeline";
import type { Instant, Run, RunState, Status } from "../../wire";

/** The orders that processing is done with, failed ones among them. */
export function settledOf(run: Run): number {
  return run.totalProcessedVIP + run.totalProcessedNormal;
}

/** The orders that were asked for, or that there are where that is not known. */
export function sizeOf(run: Run): number {
  return run.target || run.generated;
}

/** Orders per second. */
export function rateOver(orders: number, ms: number): number {
  return ms > 0 ? (orders * 1000) / ms : 0;
}

/** The time in which no process worked on the run, in milliseconds. */
export function gapOf(run: Run): number {
  return (run.gaps ?? []).reduce((sum, gap) => sum + Math.max(0, Date.parse(gap.to) - Date.parse(gap.from)), 0);
}

/** When generation and each lane were worked on, since the run was accepted. */
export function partsOf(run: Run, names: { generation: string; vip: string; normal: string }): TimelinePart[] {
  const began = Date.parse(run.createdAt);
  const since = (at: Instant) => (at ? Math.max(0, Date.parse(at) - began) : 0);
  const generating = run.phase === "GENERATING" ? run.wallClockMs : run.generationTimeMs;
  const lane = (label: string, tone: TimelinePart["tone"], start: Instant, end: Instant): TimelinePart =>
    start ? { label, tone, from: since(start), to: end ? since(end) : run.wallClockMs } : { label, tone, from: 0, to: 0 };
  return [
    { label: names.generation, tone: "gen", from: 0, to: generating },
    lane(names.vip, "vip", run.startVIP, run.endVIP),
    lane(names.normal, "normal", run.startNormal, run.endNormal),
  ];
}

/** The run with the figures of a status, where that is of the same run. */
export function withStatus(run: Run, status: Status): Run {
  if (status.lastRunId !== run.runId) return run;
  const { vip, normal } = status.processing;
  return {
    ...run,
    status: stateOf(status),
    phase: status.state.memoryPhase,
    aborted: status.aborted,
    endedAt: status.state.hasActiveGeneration ? null : (status.highRes.total.end ?? run.endedAt),
    ...(status.error ? { error: status.error } : {}),
    target: status.target,
    generated: status.generated,
    failed: status.counts.failed,
    removed: status.counts.removed,
    pending: status.counts.pending,
    generationTimeMs: status.generationTimeMs,
    enqueueVipTimeMs: status.enqueueVipTimeMs,
    enqueueNormalTimeMs: status.enqueueNormalTimeMs,
    processingTimeVIPMs: vip.timeMs,
    processingTimeNormalMs: normal.timeMs,
    startVIP: vip.start,
    endVIP: vip.end,
    startNormal: normal.start,
    endNormal: normal.end,
    totalProcessedVIP: status.counts.vip,
    totalProcessedNormal: status.counts.normal,
    totalTimeMs: status.totalTimeMs,
    wallClockMs: status.wallClockMs,
  };
}

function stateOf(status: Status): RunState {
  if (status.state.hasActiveGeneration) return "running";
  if (status.aborted) return "cancelled";
  return status.state.memoryPhase === "ERROR" ? "failed" : "completed";
}
