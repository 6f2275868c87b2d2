import type { Forecast, Status } from "../wire";

/**
 * When the run will be done: the server's forecast, or, where none has come yet, what
 * the status says.
 */
export function forecastOf(status: Status, drain: Forecast | undefined): Forecast {
  if (!status.state.hasActiveGeneration) return { state: "idle", clearsInMs: null };
  if (status.paused) return { state: "paused", clearsInMs: null };
  if (status.stalled) return { state: "stalled", clearsInMs: null, reason: status.stalled };
  if (drain && (drain.state === "growing" || drain.state === "stalled")) return drain;
  if (status.eta.estimatedMs !== null) return { state: "clears", clearsInMs: status.eta.estimatedMs };
  return drain ?? { state: "clears", clearsInMs: null };
}
