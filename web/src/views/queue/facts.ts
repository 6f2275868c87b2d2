import type { LaneState, Priority, QueueDiagnostics, WorkerState } from "../../wire";

/** The server takes back what a handler has been silent about for longer than this. */
export const silentMs = 30_000;

/** Orders that are accepted and not settled. */
export function unsettled(lane: LaneState): number {
  return lane.waiting + lane.active + lane.delayed;
}

/** Every order that a lane has ever taken in, and the share of it that is settled. */
export function settledShare(lane: LaneState): { all: number; settled: number } {
  const all = unsettled(lane) + lane.completed + lane.failed + lane.removed;
  return { all, settled: all === 0 ? 0 : (all - unsettled(lane)) / all };
}

export interface GateFacts {
  shut: boolean;
  /** VIP orders that are not settled, and those of them that wait for a retry. */
  vip: number;
  retrying: number;
  /** NORMAL orders that are not settled. */
  normal: number;
}

/** Where the gate stands and for whom; undefined where the server does not tell of lanes. */
export function gateFacts({ gate, lanes }: QueueDiagnostics): GateFacts | undefined {
  if (!lanes) return undefined;
  const vip = unsettled(lanes.vip);
  return { shut: gate ? gate === "shut" : vip > 0, vip, retrying: lanes.vip.delayed, normal: unsettled(lanes.normal) };
}

export type LaneWord = "empty" | "waiting" | "working" | "delayed" | "gated" | "drained" | "paused";

/** What a lane is about, in a word. Orders in hand go on in a paused queue. */
export function laneWord(priority: Priority, lane: LaneState, shut: boolean, paused: boolean): LaneWord {
  if (unsettled(lane) === 0) return lane.completed + lane.failed + lane.removed > 0 ? "drained" : "empty";
  if (paused) return "paused";
  if (priority === "NORMAL" && shut) return "gated";
  if (lane.active > 0) return "working";
  return lane.waiting > 0 ? "waiting" : "delayed";
}

/** How long a worker has been at what it does, in milliseconds, against the server's clock. */
export function workerAge(worker: WorkerState, serverNow: number): number | undefined {
  return worker.since === null ? undefined : Math.max(0, serverNow - Date.parse(worker.since));
}

/** Whether a worker has been at one order for so long that it counts as stuck. */
export function isSilent(worker: WorkerState, serverNow: number): boolean {
  return worker.state === "working" && worker.orderId !== null && (workerAge(worker, serverNow) ?? 0) > silentMs;
}

/** A whole number as it was typed, "" for none; undefined where it is neither. */
export function wholeNumber(text: string, least: number, most: number): number | "" | undefined {
  const typed = text.trim();
  if (typed === "") return "";
  const n = Number(typed);
  return /^\d+$/.test(typed) && n >= least && n <= most ? n : undefined;
}
