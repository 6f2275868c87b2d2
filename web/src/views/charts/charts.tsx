import { useMemo } from "preact/hooks";
import { useI18n } from "../../app";
import { Card } from "../../components/card";
import { Chart } from "../../components/chart";
import { Chips } from "../../components/chips";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Page } from "../../layout/page";
import { useTimeSeries, windows } from "../../live/timeseries";
import { useQueryChoice, useQueryValue } from "../../router/query";
import type { TimeSeries } from "../../wire";
import { NotThere } from "../runs/run";
import "./charts.css";
import { marksOf } from "./series";

/** What was measured, over time: the window and the run are in the address. */
export default function Charts() {
  const { t, f } = useI18n();
  const [window, setWindow] = useQueryChoice("window", windows, "5m");
  const [run] = useQueryValue("run");
  const loaded = useTimeSeries(window, window === "run" ? run || undefined : undefined);
  const gone = loaded.error?.status === 404;
  const series = gone ? undefined : loaded.data;
  return (
    <Page
      title={t.nav.charts}
      note={
        <Chips
          label={t.charts.window.label}
          value={window}
          onValue={setWindow}
          options={windows.map((name) => [name, t.charts.window[name]] as const)}
        />
      }
    >
      {!series && loaded.loading && (
        <Card>
          <Loading lines={6} />
        </Card>
      )}
      {gone && <NotThere />}
      {!series && loaded.error && !gone && (
        <Card>
          <ErrorState error={loaded.error} since={loaded.failingSince} retry={loaded.reload} />
        </Card>
      )}
      {series && series.samples.length === 0 && (
        <Card>
          <Empty title={t.charts.empty} text={t.charts.emptyText} />
        </Card>
      )}
      {series && series.samples.length > 0 && (
        <>
          {series.mean > 0 && <p class="charts-line quiet figures">{window === "run" ? `${t.overview.peak(f.rate(series.peak))} ${t.perSecond}` : t.charts.peakMean(f.rate(series.peak), f.rate(series.mean))}</p>}
          <All series={series} ofRun={window === "run"} />
        </>
      )}
    </Page>
  );
}

/** The five charts; they share the crosshair and the marks. */
function All({ series, ofRun }: { series: TimeSeries; ofRun: boolean }) {
  const { t, f } = useI18n();
  const { samples } = series;
  const common = useMemo(
    () => ({
      times: samples.map((sample) => sample.at),
      marks: marksOf(series, t),
      sync: "charts",
      ...(ofRun ? { origin: series.from } : {}),
      range: { from: series.from, to: series.to },
    }),
    [series, ofRun, t],
  );
  const of = (pick: (sample: (typeof samples)[number]) => number | null) => samples.map(pick);
  const memory = samples.some((sample) => sample.rss > 0);
  return (
    <div class="charts">
      <div class="charts-wide">
        <Chart
          {...common}
          title={t.charts.throughput}
          unit={t.charts.unit.ordersPerSecond}
          format={f.compact}
          height={240}
          stacked
          spans
          series={[
            { label: t.lane.normal, tone: "normal", values: of((sample) => sample.rate.normal) },
            { label: t.lane.vip, tone: "vip", values: of((sample) => sample.rate.vip) },
          ]}
        />
      </div>
      <Chart
        {...common}
        title={t.charts.depth}
        unit={t.charts.unit.orders}
        format={f.compact}
        stacked
        series={[
          { label: t.lane.normal, tone: "normal", values: of((sample) => sample.depth.normal) },
          { label: t.lane.vip, tone: "vip", values: of((sample) => sample.depth.vip) },
        ]}
      />
      <Chart
        {...common}
        title={t.charts.settle}
        unit={t.charts.unit.ms}
        format={f.rate}
        series={[
          { label: t.charts.series.p50, tone: "grey", values: of((sample) => sample.settle?.p50 ?? null) },
          { label: t.charts.series.p95, tone: "mid", values: of((sample) => sample.settle?.p95 ?? null) },
          { label: t.charts.series.p99, tone: "strong", values: of((sample) => sample.settle?.p99 ?? null) },
        ]}
      />
      <Chart
        {...common}
        title={t.charts.failures}
        spans
        unit={t.charts.unit.perSecond}
        format={f.rate}
        series={[{ label: t.charts.series.failed, tone: "bad", fill: true, values: of((sample) => sample.rate.failed) }]}
      />
      {memory && (
        <Chart
          {...common}
          title={t.charts.memory}
          unit={t.charts.unit.bytes}
          format={f.bytes}
          series={[{ label: t.charts.series.rss, tone: "grey", fill: true, values: of((sample) => sample.rss || null) }]}
        />
      )}
    </div>
  );
}
