import type { Run } from "../../wire";
import { rateOver, settledOf, sizeOf } from "./figures";

export type FigureName =
  | "rate"
  | "wallClock"
  | "generation"
  | "vip"
  | "normal"
  | "total"
  | "enqueueVip"
  | "enqueueNormal"
  | "orders"
  | "settledVip"
  | "settledNormal"
  | "failed"
  | "removed";

export type Verdict = "better" | "worse" | "same" | undefined;

export interface Figure {
  name: FigureName;
  unit: "ms" | "perSecond" | "orders";
  a: number;
  b: number;
  /** Of b against a; undefined where neither is better, or where the runs cannot be compared. */
  verdict: Verdict;
}

/** Differences below are noise: of the greater value, and in milliseconds. */
const noise = { share: 0.02, ms: 5 };

/** Whether the times of two runs say which was faster: both done, of one size. */
export function comparable(a: Run, b: Run): "yes" | "unfinished" | "size" {
  if (a.status !== "completed" || b.status !== "completed") return "unfinished";
  return sizeOf(a) === sizeOf(b) ? "yes" : "size";
}

/** The figures of two runs side by side, those that tell most first. */
export function figuresOf(a: Run, b: Run): Figure[] {
  const how = comparable(a, b);
  const times = how === "yes";
  const rates = how !== "unfinished";
  const figure = (name: FigureName, unit: Figure["unit"], of: (run: Run) => number, good?: "less" | "more"): Figure => {
    const [x, y] = [of(a), of(b)];
    return { name, unit, a: x, b: y, verdict: good && verdictOf(x, y, good, unit) };
  };
  const less = times ? "less" : undefined;
  return [
    figure("rate", "perSecond", (run) => rateOver(settledOf(run), run.wallClockMs), rates ? "more" : undefined),
    figure("wallClock", "ms", (run) => run.wallClockMs, less),
    figure("generation", "ms", (run) => run.generationTimeMs, less),
    figure("enqueueVip", "ms", (run) => run.enqueueVipTimeMs, less),
    figure("vip", "ms", (run) => run.processingTimeVIPMs, less),
    figure("enqueueNormal", "ms", (run) => run.enqueueNormalTimeMs, less),
    figure("normal", "ms", (run) => run.processingTimeNormalMs, less),
    figure("total", "ms", (run) => run.totalTimeMs, less),
    figure("orders", "orders", sizeOf),
    figure("settledVip", "orders", (run) => run.totalProcessedVIP),
    figure("settledNormal", "orders", (run) => run.totalProcessedNormal),
    figure("failed", "orders", (run) => run.failed, less),
    figure("removed", "orders", (run) => run.removed),
  ];
}

/** What b is against a, where less or more is good. */
export function verdictOf(a: number, b: number, good: "less" | "more", unit: Figure["unit"]): Verdict {
  const by = Math.abs(b - a);
  if (by === 0) return "same";
  if (unit !== "orders" && by <= noise.share * Math.max(a, b)) return "same";
  if (unit === "ms" && by <= noise.ms) return "same";
  return b < a === (good === "less") ? "better" : "worse";
}

/** The two runs that an address names: different ones, in its order. */
export function idsOf(compare: string): [string, string] | undefined {
  const [a, b, ...rest] = compare.split(",").filter((id) => id !== "");
  return a && b && a !== b && rest.length === 0 ? [a, b] : undefined;
}
