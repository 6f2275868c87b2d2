import type { LogLine, Metrics, Phase, ProgressEvent, Sample, Status } from "../wire";

/** How the figures come in. `paused` is the reader's own wish, or a hidden tab. */
export type Mode = "connecting" | "live" | "polling" | "reconnecting" | "paused";

export interface PhaseMark {
  runId: string;
  phase: Phase;
  /** Milliseconds since 1970. */
  at: number;
}

/** A line with a key of its own: numbers begin anew when the server does. */
export interface LogEntry extends LogLine {
  key: number;
}

/** Everything the views see of the server, replaced at most once per frame. */
export interface LiveState {
  mode: Mode;
  status: Status;
  /** When the status arrived, by this machine's clock; 0 before the first. */
  statusAt: number;
  /** When the server was last heard. */
  heardAt: number;
  /** Nothing heard for longer than the mode allows. */
  stale: boolean;
  progress: ProgressEvent | undefined;
  metrics: Metrics | undefined;
  /** Orders per second over the last second of statuses. */
  rateNow: number;
  series: readonly Sample[];
  phases: readonly PhaseMark[];
  /** Oldest first, at most 1,000. */
  logs: readonly LogEntry[];
  logsMissed: number;
  serverVersion: string;
}

export const limits = { series: 3600, logs: 1000, phases: 200 } as const;

const noSpan = { start: null, end: null, duration: 0 };
const noLane = { start: null, end: null, timeMs: 0, count: 0 };

/** The status of a server that has had no run. */
export const noStatus: Status = {
  contractVersion: 2,
  phase: "IDLE",
  target: 0,
  generated: 0,
  generationTimeMs: 0,
  enqueueVipTimeMs: 0,
  enqueueNormalTimeMs: 0,
  processing: { vip: noLane, normal: noLane },
  totalTimeMs: 0,
  wallClockMs: 0,
  wallClockElapsedMs: 0,
  counts: { vip: 0, normal: 0, total: 0, failed: 0, removed: 0, pending: 0 },
  throughput: { vip: 0, normal: 0, overall: 0 },
  eta: { estimatedMs: null, progressPercent: 0 },
  progress: { target: 0, generated: 0, processedTotal: 0 },
  highRes: {
    total: noSpan,
    generation: noSpan,
    enqueue_vip: noSpan,
    wait_vip_drain: noSpan,
    enqueue_normal: noSpan,
    wait_normal_drain: noSpan,
    vip_processing: noSpan,
    normal_processing: noSpan,
  },
  state: { memoryPhase: "IDLE", aborting: false, hasActiveGeneration: false },
  aborted: false,
  paused: false,
  timestamp: 0,
};

/** Appends, and forgets the oldest above the limit. */
export function appendBounded<T>(list: readonly T[], more: readonly T[], limit: number): readonly T[] {
  if (more.length === 0) return list;
  const all = list.concat(more);
  return all.length > limit ? all.slice(all.length - limit) : all;
}

/** Merges samples by their instant, oldest first; what came later wins. */
export function mergeSamples(old: readonly Sample[], more: readonly Sample[]): readonly Sample[] {
  const byInstant = new Map<number, Sample>();
  for (const sample of old) byInstant.set(sample.at, sample);
  for (const sample of more) byInstant.set(sample.at, sample);
  const all = [...byInstant.values()].sort((a, b) => a.at - b.at);
  return all.length > limits.series ? all.slice(all.length - limits.series) : all;
}
