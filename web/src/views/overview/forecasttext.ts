import type { I18n } from "../../i18n/i18n";
import type { Forecast } from "../../wire";

/** A forecast in few words. */
export function forecastText({ state, clearsInMs, reason }: Forecast, { t, f }: I18n): string {
  if (state === "stalled" && reason === "retries") return t.forecast.retries;
  if (state !== "clears") return t.forecast[state];
  if (clearsInMs === null) return reason === "too_far" ? t.forecast.tooFar : t.forecast.clearsSoon;
  return t.forecast.clears(clearsInMs < 10_000 ? f.duration(clearsInMs) : f.age(clearsInMs));
}

/** What is the trouble with it, in a sentence. */
export function troubleText({ state, reason }: Forecast, { t }: I18n): string {
  if (state === "growing") return t.forecast.growingBecause;
  return t.forecast.stalledBecause(t.stallReason[reason ?? "quiet"] ?? reason ?? "");
}
