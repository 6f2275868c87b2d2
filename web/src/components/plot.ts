import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { stack } from "./stack";

export interface PlotSeries {
  label: string;
  /** Lanes and outcomes have their colours; anything else is one of three greys. */
  tone: "gen" | "vip" | "normal" | "bad" | "grey" | "mid" | "strong";
  values: readonly (number | null)[];
  /** Fills the area below; in a stack all do. */
  fill?: boolean;
  dash?: boolean;
}

export interface PlotMark {
  /** Milliseconds since 1970. */
  at: number;
  label: string;
}

export interface PlotInput {
  /** Milliseconds since 1970, ascending; each series has as many values. */
  times: readonly number[];
  series: readonly PlotSeries[];
  /** The values of an axis and of the legend. */
  format(value: number): string;
  timeLabel(ms: number): string;
  stacked?: boolean;
  /** Values are of the time since the one before, such as rates, and are drawn as such. */
  spans?: boolean;
  marks?: readonly PlotMark[];
  /** Where time begins: the axis then counts from there. */
  origin?: number;
  /** What the axis shows at least, in milliseconds since 1970. */
  range?: { from: number; to: number } | undefined;
  height?: number;
  /** Charts of one name share their crosshair. */
  sync?: string;
  /** The sample under the crosshair; undefined when it leaves. */
  onCursor?: (at: number | undefined) => void;
  /** A token's value, by its name without dashes. */
  colors(name: string): string;
}

const tokens: Record<PlotSeries["tone"], string> = {
  gen: "gen-fill",
  vip: "vip-fill",
  normal: "normal-fill",
  bad: "bad",
  grey: "mark-1",
  mid: "mark-2",
  strong: "mark-3",
};
/** Between two labels of the time axis, in milliseconds. */
const steps = [100, 200, 500, ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400].map((s) => s * 1000)];
/** Marks that are nearer to each other than this many pixels would be a smear. */
const closest = 4;
const font = "12px system-ui, sans-serif";

/** A uPlot in that element, as wide as it is. Series may change their values, not their number. */
export function createPlot(at: HTMLElement, first: PlotInput): { update(input: PlotInput): void; destroy(): void } {
  let now = first;
  const height = first.height ?? 200;
  const options: uPlot.Options = {
    width: at.clientWidth || 300,
    height,
    ms: 1,
    legend: { show: false },
    padding: [24, 12, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, ...(first.sync ? { sync: { key: first.sync } } : {}) },
    scales: {
      x: { time: true, range: (_, min, max) => xRange(now, min, max) },
      y: { range: (_, __, max) => [0, !Number.isFinite(max) || max <= 0 ? 1 : max * 1.08] },
    },
    axes: axesOf(first, () => now),
    series: [{}, ...seriesOf(first)],
    bands: first.stacked ? first.series.slice(1).map((_, i) => ({ series: [i + 1, i + 2] as uPlot.Band.Bounds })) : [],
    hooks: {
      drawAxes: [(plot) => drawMarks(plot, now)],
      setCursor: [(plot) => now.onCursor?.(sampleAt(plot, now))],
    },
  };
  const plot = new uPlot(options, dataOf(first), at);
  const sized = new ResizeObserver(() => {
    if (at.clientWidth > 0) plot.setSize({ width: innerWidthOf(at), height });
  });
  sized.observe(at);
  plot.setSize({ width: innerWidthOf(at), height });
  return {
    update(input) {
      now = input;
      plot.setData(dataOf(input));
    },
    destroy() {
      sized.disconnect();
      plot.destroy();
    },
  };
}

function innerWidthOf(at: HTMLElement): number {
  const style = getComputedStyle(at);
  return Math.max(120, at.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
}

/** In a stack the first series drawn is the sum of all, so that the last one lies on the axis. */
function dataOf(input: PlotInput): uPlot.AlignedData {
  const values = input.stacked ? stack(input.series.map((one) => one.values)) : input.series.map((one) => one.values);
  const all = [input.times, ...values] as (number | null)[][];
  const [first = 0, second = first + 1000] = input.times;
  if (!input.spans || input.times.length === 0) return all as uPlot.AlignedData;
  // The first value has a time since, too.
  const from = Math.max(first - (second - first), input.range?.from ?? -Infinity);
  return all.map((list, i) => [i === 0 ? from : list[0], ...list]) as uPlot.AlignedData;
}

/** The sample that ends the interval under the crosshair. */
function sampleAt({ cursor, posToVal }: uPlot, { times }: PlotInput): number | undefined {
  const { left = -1 } = cursor;
  if (left < 0 || times.length === 0) return undefined;
  const at = posToVal(left, "x");
  const i = times.findIndex((time) => time >= at);
  return i < 0 ? times.length - 1 : i;
}

function xRange(input: PlotInput, min: number, max: number): [number, number] {
  // Before there is a sample, a second to come.
  if (input.range) return [input.range.from, Math.max(input.range.to, input.times.at(-1) ?? input.range.from + 1000, input.range.from + 1)];
  if (!Number.isFinite(min)) return [Date.now() - 60_000, Date.now()];
  return min === max ? [min - 500, max + 500] : [min, max];
}

function seriesOf(input: PlotInput): uPlot.Series[] {
  return input.series.map((one) => {
    const color = input.colors(tokens[one.tone]);
    const series: uPlot.Series = { label: one.label, stroke: color, width: 1.75, points: { show: false } };
    if (one.fill || input.stacked) series.fill = color + (input.stacked ? "50" : "26");
    if (one.dash) series.dash = [4, 4];
    if (input.spans && uPlot.paths.stepped) series.paths = uPlot.paths.stepped({ align: -1 });
    return series;
  });
}

function axesOf(first: PlotInput, now: () => PlotInput): uPlot.Axis[] {
  const common: uPlot.Axis = {
    stroke: first.colors("text-3"),
    font,
    grid: { stroke: first.colors("line-soft"), width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...common,
      space: 80,
      incrs: steps,
      size: 28,
      grid: { show: false },
      values: (_, splits) => splits.map((at) => withoutZeros(now().timeLabel(at))),
      ...(first.origin !== undefined ? { splits: (plot: uPlot) => splitsFrom(plot, now().origin ?? 0) } : {}),
    },
    { ...common, space: 40, size: 60, values: (_, splits) => splits.map((at) => now().format(at)) },
  ];
}

/** 5 s for 5.00 s: an axis has round values. */
function withoutZeros(label: string): string {
  return label.replace(/[.,]00(?=\u202f)/, "");
}

/** Round steps from the origin: 0, 200 ms, 400 ms. */
function splitsFrom(plot: uPlot, origin: number): number[] {
  const min = plot.scales["x"]?.min ?? 0;
  const max = plot.scales["x"]?.max ?? 1;
  const most = Math.max(2, Math.floor(plot.bbox.width / devicePixelRatio / 88));
  const raw = (max - min) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw;
  const splits = [];
  for (let at = origin + Math.ceil((min - origin) / step) * step; at <= max; at += step) splits.push(at);
  return splits;
}

/** A line where a phase began, named at its top while there is room. */
function drawMarks(plot: uPlot, input: PlotInput): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillStyle = input.colors("text-3");
  ctx.strokeStyle = input.colors("line");
  ctx.lineWidth = devicePixelRatio;
  ctx.textAlign = "left";
  let free = -Infinity;
  let last = -Infinity;
  for (const mark of input.marks ?? []) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (!(x >= bbox.left && x <= bbox.left + bbox.width) || x - last < closest * devicePixelRatio) continue;
    last = x;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width;
    if (x < free || x + width > bbox.left + bbox.width + 12 * devicePixelRatio) continue;
    ctx.fillText(mark.label, x, bbox.top - 8 * devicePixelRatio);
    free = x + width + 12 * devicePixelRatio;
  }
  ctx.restore();
}
