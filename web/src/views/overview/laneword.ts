import type { Priority, Status } from "../../wire";

export type LaneWord = "idle" | "waiting" | "draining" | "drained" | "gated" | "paused" | "stopped";

/** What a lane is doing, in a word. */
export function laneWord(priority: Priority, status: Status, unsettled: number | undefined): LaneWord {
  const { state, processing, paused } = status;
  const times = priority === "VIP" ? processing.vip : processing.normal;
  if (times.end) return "drained";
  if (!state.hasActiveGeneration) return state.memoryPhase === "ERROR" ? "stopped" : unsettled ? "waiting" : "idle";
  if (paused) return "paused";
  if (times.start) return "draining";
  return priority === "NORMAL" && status.generated > 0 ? "gated" : "waiting";
}
