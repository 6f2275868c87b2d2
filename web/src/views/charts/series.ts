import type { PlotMark } from "../../components/chart";
import type { Text } from "../../i18n/i18n";
import type { TimeSeries } from "../../wire";

/** Where each phase began. */
export function marksOf(series: TimeSeries | undefined, t: Text): PlotMark[] {
  return (series?.phases ?? []).map(({ phase, at }) => ({ at, label: t.phase[phase] }));
}
