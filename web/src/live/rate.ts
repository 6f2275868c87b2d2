import type { Status } from "../wire";

const windowMs = 1000;
/** Less time than this says nothing: a few settles at once would look like millions a second. */
const leastMs = 250;

/** Orders per second over the last second, from one status to the next. */
export class RateWindow {
  private seen: { at: number; runId: string; total: number }[] = [];

  /** Takes a status in and returns the rate; 0 while there is no run. */
  add(status: Status): number {
    const runId = status.lastRunId ?? "";
    const last = this.seen.at(-1);
    if (last && (last.runId !== runId || status.counts.total < last.total)) this.seen = [];
    this.seen.push({ at: status.timestamp, runId, total: status.counts.total });
    // One entry older than the window stays: it is where the window begins.
    while (this.seen.length > 2 && (this.seen[1]?.at ?? 0) <= status.timestamp - windowMs) this.seen.shift();
    const first = this.seen[0];
    if (!status.state.hasActiveGeneration || !first) return 0;
    const over = status.timestamp - first.at;
    // Then the run's mean is the best there is.
    if (over < leastMs) return status.throughput.overall;
    return ((status.counts.total - first.total) * 1000) / over;
  }
}
