import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { useLive } from "./app";

export interface Resource<T> {
  /** The last answer; it stays while the next is on its way and after a failure. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  /** When the first of the failures in a row was. */
  failingSince: number | undefined;
  reload(): void;
}

/** After a failure the next look waits at least this long. */
const restMs = 5_000;

/**
 * Loads something when the component comes and whenever `key` changes, and again every
 * `everyMs` where that is given, while the tab is seen; after a failure less often, but at
 * once when the server is back. A load that was overtaken is aborted.
 */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>, everyMs?: number): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "reload"> & { key: string }>({
    key,
    data: undefined,
    error: undefined,
    loading: true,
    failingSince: undefined,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const abort = new AbortController();
    let failedAt = 0;
    const run = async () => {
      try {
        const data = await latest.current(abort.signal);
        failedAt = 0;
        if (!abort.signal.aborted) setState({ key, data, error: undefined, loading: false, failingSince: undefined });
      } catch (cause) {
        if (abort.signal.aborted) return;
        failedAt = Date.now();
        const error = ApiError.of(cause);
        setState((was) => ({ ...was, key, error, loading: false, failingSince: was.failingSince ?? Date.now() }));
      }
    };
    void run();
    if (everyMs === undefined) return () => abort.abort();
    let busy = false;
    const timer = setInterval(() => {
      if (document.hidden || busy || Date.now() - failedAt < restMs) return;
      busy = true;
      void run().finally(() => (busy = false));
    }, everyMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [key, turn, everyMs]);
  const live = useLive((s) => s.mode === "live");
  useEffect(() => {
    if (live && state.error?.status === 0) setTurn((n) => n + 1);
  }, [live]);
  const current = state.key === key ? state : { ...state, loading: true };
  return { ...current, reload: () => setTurn((n) => n + 1) };
}
