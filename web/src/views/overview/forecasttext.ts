import type { I18n } from "../../i18n/i18n";
import type { Forecast } from "../../wire";

/** A forecast in words. */
export function forecastText(forecast: Forecast, { t, f }: I18n): string {
  switch (forecast.state) {
    case "clears":
      return forecast.clearsInMs === null ? t.forecast.clearsSoon : t.forecast.clears(f.duration(forecast.clearsInMs));
    case "stalled":
      return forecast.reason ? t.forecast.stalledBecause(t.stallReason[forecast.reason] ?? forecast.reason) : t.forecast.stalled;
    default:
      return t.forecast[forecast.state];
  }
}
