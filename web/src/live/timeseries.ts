import { useMemo } from "preact/hooks";
import { useApp, useLive } from "../app";
import { useResource, type Resource } from "../resource";
import type { Status, TimeSeries } from "../wire";
import { mergeSamples } from "./state";

export const windows = ["5m", "1h", "run"] as const;
export type Window = (typeof windows)[number];

/** Between two looks at an active run, in milliseconds: the longer it takes, the less a look can show that is new. */
function restOf({ state, paused, wallClockMs }: Status): number | undefined {
  if (!state.hasActiveGeneration) return undefined;
  if (wallClockMs > 600_000) return 15_000;
  return paused || wallClockMs > 60_000 ? 5_000 : 1_000;
}

/**
 * The samples of a window, kept up to date: a run is asked for again while it is active, the others grow by what comes live. runId: a stored run; without it the
 * current or latest one.
 */
export function useTimeSeries(window: Window, runId?: string): Resource<TimeSeries> {
  const { api } = useApp();
  const current = useLive((s) => s.status.lastRunId ?? "");
  const phase = useLive((s) => s.status.state.memoryPhase);
  const rest = useLive((s) => restOf(s.status));
  const frozen = useLive((s) => s.mode === "paused");
  const series = useLive((s) => (window === "run" ? undefined : s.series));
  const ofRun = window === "run";
  const key = ofRun ? `run ${runId ?? current + phase}` : window;
  const every = frozen ? undefined : ofRun ? (runId ? undefined : rest) : 60_000;
  const loaded = useResource(key, (signal) => api.get<TimeSeries>("pedidos/timeseries", { window, run: runId }, signal), every);
  const data = useMemo(() => {
    if (!loaded.data || !series) return loaded.data;
    const { to } = loaded.data;
    const later = series.filter((sample) => sample.at > to);
    if (later.length === 0) return loaded.data;
    const end = later.at(-1)?.at ?? to;
    const from = loaded.data.from + (end - to);
    const samples = mergeSamples(loaded.data.samples, later).filter((sample) => sample.at >= from);
    return { ...loaded.data, from, to: end, samples: [...samples] };
  }, [loaded.data, series]);
  return { ...loaded, data };
}
