import type { Forecast, Status } from "../wire";

/** The server's forecast goes by so much of the past; a younger run says more of itself. */
const recentlyMs = 10_000;

/**
 * When the run will be done: the server's forecast, which goes by the last seconds, or,
 * where the run is younger than those, what the status says.
 */
export function forecastOf(status: Status, drain: Forecast | undefined): Forecast {
  if (!status.state.hasActiveGeneration) return { state: "idle", clearsInMs: null };
  if (status.paused) return { state: "paused", clearsInMs: null };
  if (status.stalled) return { state: "stalled", clearsInMs: null, reason: status.stalled };
  if (drain?.state === "stalled") return drain;
  const grown = status.wallClockMs > recentlyMs && (drain?.state === "clears" || drain?.state === "growing");
  if (drain && grown) return drain;
  if (status.eta.estimatedMs !== null) return { state: "clears", clearsInMs: status.eta.estimatedMs };
  return { state: "clears", clearsInMs: null };
}

/** Whether somebody should look. Waiting for the next attempts is part of the work. */
export function isTrouble({ state, reason }: Forecast): boolean {
  return state === "growing" || (state === "stalled" && reason !== "retries");
}
