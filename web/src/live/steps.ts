import type { Phase, Run, SpanName, Status } from "../wire";

export type StepState = "done" | "now" | "todo" | "failed";

export interface Step {
  phase: Phase;
  state: StepState;
  /** Time in the phase so far, in milliseconds; undefined before it and for the last step. */
  ms: number | undefined;
  /** How much of the phase is behind, 0 to 1; only where it is under way. */
  share: number;
}

const spans: [Phase, SpanName][] = [
  ["GENERATING", "generation"],
  ["ENQUEUE_VIP", "enqueue_vip"],
  ["WAITING_VIP_DRAIN", "wait_vip_drain"],
  ["ENQUEUE_NORMAL", "enqueue_normal"],
  ["WAITING_NORMAL_DRAIN", "wait_normal_drain"],
];

/** The steps of the run that a status describes. sinceMs is the age of the status. */
export function stepsOfStatus(status: Status, sinceMs = 0): Step[] {
  const phase = status.state.memoryPhase;
  const active = status.state.hasActiveGeneration;
  const started = spans.map(([, span]) => status.highRes[span].start !== null);
  const last = started.lastIndexOf(true);
  const steps = spans.map(([name, span], i): Step => {
    if (!started[i]) return { phase: name, state: "todo", ms: undefined, share: 0 };
    const ms = status.highRes[span].duration;
    if (active && name === phase) return { phase: name, state: "now", ms: ms + sinceMs, share: shareOf(status) };
    return { phase: name, state: phase === "ERROR" && i === last ? "failed" : "done", ms, share: 1 };
  });
  return [...steps, endStep(phase)];
}

/**
 * The steps of a run in the history. With the instants at which it entered its phases
 * they have the time in each; without, the times its row holds of the stages.
 */
export function stepsOfRun(run: Run, entered: readonly { phase: Phase; at: number }[] = []): Step[] {
  const times = [
    run.generationTimeMs,
    run.enqueueVipTimeMs,
    run.processingTimeVIPMs,
    run.enqueueNormalTimeMs,
    run.processingTimeNormalMs,
  ].map((ms, i) => timeIn(spans[i]?.[0], entered) ?? ms);
  const reached = spans.findIndex(([name]) => name === run.phase);
  const marked = spans.reduce((last, [name], i) => (entered.some((mark) => mark.phase === name) ? i : last), -1);
  const began = reached >= 0 ? reached : marked >= 0 ? marked : lastBegun(run);
  const steps = spans.map(([name], i): Step => {
    if (run.phase === "DONE" || i < began) return { phase: name, state: "done", ms: times[i], share: 1 };
    if (i > began) return { phase: name, state: "todo", ms: undefined, share: 0 };
    return { phase: name, state: run.phase === "ERROR" ? "failed" : "now", ms: times[i] || undefined, share: 0.5 };
  });
  return [...steps, endStep(run.phase)];
}

/** From a phase's entry to that of the next; undefined where one of them is not known. */
function timeIn(phase: Phase | undefined, entered: readonly { phase: Phase; at: number }[]): number | undefined {
  const i = entered.findIndex((mark) => mark.phase === phase);
  const [from, to] = [entered[i]?.at, entered[i + 1]?.at];
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}

function lastBegun(run: Run): number {
  if (run.startNormal) return 4;
  if (run.enqueueNormalTimeMs > 0) return 3;
  if (run.enqueueVipTimeMs > 0) return 2;
  return run.generationTimeMs > 0 ? 1 : 0;
}

function endStep(phase: Phase): Step {
  if (phase === "ERROR") return { phase: "ERROR", state: "failed", ms: undefined, share: 0 };
  return { phase: "DONE", state: phase === "DONE" ? "done" : "todo", ms: undefined, share: 0 };
}

function shareOf(status: Status): number {
  if (status.target <= 0) return 0.5;
  const { memoryPhase } = status.state;
  if (memoryPhase === "GENERATING") return clamp(status.generated / status.target);
  if (memoryPhase === "WAITING_NORMAL_DRAIN") {
    const normal = status.generated - status.counts.vip - status.counts.removed;
    return normal > 0 ? clamp(status.counts.normal / normal) : 1;
  }
  return 0.5;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
