import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useI18n } from "../app";
import { useStore } from "../store";
import { Button } from "./button";
import { Card } from "./card";
import type { PlotInput, PlotSeries } from "./plot";
import { Table } from "./table";

export type { PlotMark, PlotSeries } from "./plot";

interface Props extends Omit<PlotInput, "colors" | "onCursor" | "timeLabel"> {
  title: string;
  /** What the numbers count, such as "orders/s". */
  unit: string;
  /** At the right of the legend, where no crosshair is. */
  note?: ComponentChildren;
}

/**
 * A chart with its legend, and the same numbers as a table behind a button. Charts of
 * one `sync` share the crosshair. uPlot is loaded with the first chart.
 */
export function Chart(props: Props) {
  const { title, unit, note, series, times, format } = props;
  const { t } = useI18n();
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number | undefined>();
  const timeLabel = useTimeLabel(times, props.origin, props.range);
  // The lowest of a stack is drawn last and named first.
  const listed = props.stacked ? [...series].reverse() : series;
  return (
    <Card
      title={`${title}, ${unit}`}
      flush
      actions={
        <Button small look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? t.chart.asChart : t.chart.asTable}
        </Button>
      }
    >
      <ul class="legend chart-values figures">
        {listed.map((one) => (
          <li key={one.label}>
            <span class={"swatch fill-" + one.tone} />
            {one.label}
            {at !== undefined && <b>{show(one.values[at], format)}</b>}
          </li>
        ))}
        <li class="legend-end">{at !== undefined ? timeLabel(times[at] ?? 0) : note}</li>
      </ul>
      {asTable ? <Twin {...props} series={listed} timeLabel={timeLabel} /> : <Plot {...props} timeLabel={timeLabel} onCursor={setAt} />}
    </Card>
  );
}

/** The plot alone, for where a card of its own is too much. */
export function Plot(props: Omit<PlotInput, "colors">) {
  const { theme } = useApp();
  const { t } = useI18n();
  const shown = useStore(theme.shown);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<{ shape: string; update(input: PlotInput): void; destroy(): void } | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [failed, setFailed] = useState(false);
  const id = useId();
  const shape = props.series.map((one) => one.label + one.tone).join() + props.stacked + props.height;
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    let wanted = true;
    import("./plot").then(
      ({ createPlot }) => {
        if (wanted) plot.current = { shape, ...createPlot(at, input(latest.current)) };
      },
      () => setFailed(true),
    );
    return () => {
      wanted = false;
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, shown]);
  // A plot of another shape is about to be replaced.
  useLayoutEffect(() => {
    if (plot.current?.shape === shape) plot.current.update(input(latest.current));
  });
  if (failed) return <p class="table-empty quiet">{t.chart.noData}</p>;
  return <div ref={box} id={id} class="chart chart-plot figures" aria-hidden="true" style={{ minHeight: `${props.height ?? 200}px` }} />;
}

function Twin({ title, series, times, format, timeLabel }: Props & { timeLabel(ms: number): string }) {
  const { t } = useI18n();
  const rows = times.map((time, i) => ({ time, i })).reverse();
  return (
    <Table<{ time: number; i: number }>
      label={title}
      rows={rows}
      rowKey={(row) => String(row.time)}
      height={260}
      keys={false}
      cards={false}
      empty={<p class="table-empty quiet">{t.chart.noData}</p>}
      columns={[
        { key: "time", head: t.chart.time, cell: (row: { time: number }) => timeLabel(row.time) },
        ...series.map((one) => ({
          key: one.label,
          head: one.label,
          align: "end" as const,
          cell: (row: { i: number }) => show(one.values[row.i], format),
        })),
      ]}
    />
  );
}

function show(value: PlotSeries["values"][number] | undefined, format: (n: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

/** Instants of a short run need milliseconds; from an origin they are durations. */
function useTimeLabel(times: readonly number[], origin: number | undefined, range: PlotInput["range"]): (ms: number) => string {
  const { f } = useI18n();
  if (origin !== undefined) return (ms) => f.duration(Math.max(0, ms - origin));
  const shown = range ?? { from: times[0] ?? 0, to: times.at(-1) ?? 0 };
  const short = shown.to - shown.from < 20_000;
  return short ? f.timeMs : f.time;
}

function input(props: Omit<PlotInput, "colors">): PlotInput {
  const style = getComputedStyle(document.documentElement);
  return { ...props, colors: (name) => style.getPropertyValue("--" + name).trim() };
}
