import { useEffect, useMemo, useRef } from "preact/hooks";
import { ApiError } from "./api";
import { createStore, useStore, type Store } from "./store";

/** One page of a list that is walked by cursor. */
export interface KeysetPage<T> {
  rows: readonly T[];
  /** Undefined on the last page. */
  nextCursor?: string | undefined;
  /** Rows looked at for this page; those it holds where the server does not say. */
  examined?: number | undefined;
}

/**
 * walking: a page is on its way. more: enough came, and there is more. sparse: so much was
 * looked at for so little that it waits to be told. full: as many rows as are held at once.
 * end: that was all. stopped: by the reader. failed: more() tries the same page again.
 */
export type WalkState = "walking" | "more" | "sparse" | "full" | "end" | "stopped" | "failed";

export interface WalkView<T> {
  state: WalkState;
  rows: readonly T[];
  /** Rows that were shown before these and have been let go. */
  skipped: number;
  /** Looked at since the first page. */
  examined: number;
  error: ApiError | undefined;
  /** When the first of the failures in a row was. */
  failingSince: number | undefined;
}

export interface WalkLimits {
  /** Rows after which one call of restart or more is content. */
  wanted: number;
  /** Pages that one call asks for at most, however little they hold. */
  pages: number;
  /** Rows held at once. */
  rows: number;
}

type FetchPage<T> = (cursor: string | undefined, signal: AbortSignal) => Promise<KeysetPage<T>>;

/**
 * Walks a list page by page. A page may hold few rows, or none, and still have a cursor:
 * then the next is asked for, within the limits. Only the last call counts; those before
 * it are aborted.
 */
export class KeysetWalk<T> {
  readonly view: Store<WalkView<T>> = createStore<WalkView<T>>({
    state: "walking",
    rows: [],
    skipped: 0,
    examined: 0,
    error: undefined,
    failingSince: undefined,
  });
  private cursor: string | undefined;
  private abort = new AbortController();

  constructor(
    private readonly fetchPage: FetchPage<T>,
    private readonly limits: WalkLimits,
  ) {}

  /** Begins at the first page. The rows of before stay until others are there. */
  restart(): void {
    void this.walk(undefined, [], { skipped: 0, examined: 0 });
  }

  /** Goes on behind the rows there are. */
  more(): void {
    const { rows, skipped, examined } = this.view.get();
    if (this.cursor === undefined) this.restart();
    else void this.walk(this.cursor, rows, { skipped, examined });
  }

  /** Lets go of the rows there are and goes on behind them. */
  onward(): void {
    const { rows, skipped, examined } = this.view.get();
    void this.walk(this.cursor, [], { skipped: skipped + rows.length, examined });
  }

  /** Ends what is under way; what came so far stays. */
  stop(): void {
    this.abort.abort();
    if (this.view.get().state === "walking") this.put({ state: "stopped" });
  }

  private async walk(from: string | undefined, kept: readonly T[], counts: { skipped: number; examined: number }): Promise<void> {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    this.cursor = from;
    this.put({ state: "walking", error: undefined });
    let rows = kept;
    let { examined } = counts;
    try {
      for (let pages = 1; ; pages++) {
        const page = await this.fetchPage(this.cursor, signal);
        if (signal.aborted) return;
        rows = rows.concat(page.rows);
        examined += page.examined ?? page.rows.length;
        this.cursor = page.nextCursor;
        const state = this.stateAfter(pages, rows.length, rows.length - kept.length);
        const shown = rows.length === 0 && state === "walking" ? this.view.get().rows : rows;
        this.put({ state, rows: shown, skipped: counts.skipped, examined, failingSince: undefined });
        if (state !== "walking") return;
      }
    } catch (cause) {
      if (signal.aborted) return;
      const error = cause instanceof ApiError ? cause : new ApiError(0, String(cause), "");
      this.put({ state: "failed", error, failingSince: this.view.get().failingSince ?? Date.now() });
    }
  }

  private stateAfter(pages: number, held: number, found: number): WalkState {
    if (this.cursor === undefined) return "end";
    if (held >= this.limits.rows) return "full";
    if (found >= this.limits.wanted) return "more";
    return pages >= this.limits.pages ? "sparse" : "walking";
  }

  private put(change: Partial<WalkView<T>>): void {
    this.view.set({ ...this.view.get(), ...change });
  }
}

/** A walk that begins anew, without its rows, whenever `key` changes; it ends with the component. */
export function useKeyset<T>(key: string, fetchPage: FetchPage<T>, limits: WalkLimits): WalkView<T> & { walk: KeysetWalk<T> } {
  const latest = useRef(fetchPage);
  latest.current = fetchPage;
  const walk = useMemo(() => new KeysetWalk<T>((cursor, signal) => latest.current(cursor, signal), limits), [key]);
  useEffect(() => {
    walk.restart();
    return () => walk.stop();
  }, [walk]);
  return { ...useStore(walk.view), walk };
}
