import { useMemo } from "preact/hooks";
import { useI18n } from "../../app";
import { Chart } from "../../components/chart";
import { Link } from "../../router/link";
import type { Sample, TimeSeries } from "../../wire";
import { marksOf } from "../charts/series";

/** Generation can be so much faster than slow work that nothing else would show. */
function flattens(samples: readonly Sample[]): boolean {
  const generated = Math.max(0, ...samples.map((sample) => sample.rate.generated));
  const processed = Math.max(0, ...samples.map((sample) => Math.max(sample.rate.vip, sample.rate.normal)));
  return processed > 0 && generated > 8 * processed;
}

/** Throughput of the run, per lane and of generation. run: a stored one, for the link. */
export function Throughput({ series, run }: { series: TimeSeries | undefined; run?: string }) {
  const { t, f } = useI18n();
  const samples = series?.samples ?? [];
  const times = useMemo(() => samples.map((sample) => sample.at), [samples]);
  const origin = series?.from ?? 0;
  return (
    <Chart
      title={t.charts.throughput}
      unit={t.perSecond}
      times={times}
      origin={origin}
      range={series ? { from: series.from, to: series.to } : undefined}
      height={180}
      spans
      format={f.compact}
      note={<Link to={"/charts?window=run" + (run ? "&run=" + run : "")}>{t.nav.charts}</Link>}
      marks={marksOf(series, t)}
      series={[
        ...(flattens(samples)
          ? []
          : [{ label: t.lane.generation, tone: "gen" as const, fill: true, values: samples.map((sample) => sample.rate.generated) }]),
        { label: t.lane.vip, tone: "vip", fill: true, values: samples.map((sample) => sample.rate.vip) },
        { label: t.lane.normal, tone: "normal", fill: true, values: samples.map((sample) => sample.rate.normal) },
      ]}
    />
  );
}
