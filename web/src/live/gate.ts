import type { Status } from "../wire";

export type Gate =
  | { state: "none" }
  /** NORMAL waits; vip is undefined where it is not known how many are unsettled. */
  | { state: "shut"; vip: number | undefined }
  /** NORMAL may go; marginMs is the time from the last VIP settled to the first NORMAL handed out. */
  | { state: "open"; marginMs: number | undefined };

/** Where the strict gate stands in the current or latest run. */
export function gateOf(status: Status, vipUnsettled: number | undefined): Gate {
  if (!status.lastRunId || status.state.memoryPhase === "IDLE") return { state: "none" };
  const { vip, normal } = status.processing;
  if (status.state.hasActiveGeneration && !normal.start) {
    const phase = status.state.memoryPhase;
    const shut = phase === "GENERATING" || phase === "ENQUEUE_VIP" || phase === "WAITING_VIP_DRAIN";
    if (shut) return { state: "shut", vip: vipUnsettled };
  }
  if (!normal.start) return status.state.hasActiveGeneration ? { state: "open", marginMs: undefined } : { state: "none" };
  if (!vip.end) return { state: "open", marginMs: undefined };
  const margin = Date.parse(normal.start) - Date.parse(vip.end);
  return { state: "open", marginMs: margin >= 0 ? margin : undefined };
}
