import { ApiError, type Params } from "../../api";
import type { App } from "../../app";
import type { Cleaned, Purged, Recovered } from "../../wire";
import type { JobState } from "../../wire";

/** What to clean; an absent limit is none, an absent grace is no time at all. */
export interface CleanWish {
  state: JobState;
  limit: number | undefined;
  graceMs: number | undefined;
}

/** The words in which it is told how many orders an act was about. */
type Told = (n: number, shown: string) => string;

/**
 * What can be done to the queue. All of it throws the refusal, for the dialog to show,
 * and tells what the server answered.
 */
export function actsOf(app: App) {
  const { api, live, toasts } = app;
  const { t, f } = app.i18n.get();
  const tell = (n: number, told: Told) => {
    toasts.show("ok", told(n, f.int(n)));
    live.refresh();
  };
  return {
    /** How many orders it would take now; changes nothing. */
    async countClean(wish: CleanWish, signal: AbortSignal): Promise<number> {
      return counted(await api.post<Cleaned>("pedidos/queue/clean", { ...bodyOf(wish), dryRun: true }, { signal }));
    },

    async clean(wish: CleanWish): Promise<void> {
      const { removed } = await api.post<Cleaned>("pedidos/queue/clean", bodyOf(wish));
      const c = t.queue.clean;
      tell(removed, wish.state === "failed" ? c.doneFailed : wish.state === "completed" ? c.doneCompleted : c.done);
    },

    /** How many orders it would take now; changes nothing. */
    async countPurge(obliterate: boolean, signal: AbortSignal): Promise<number> {
      return counted(await api.post<Purged>("pedidos/queue/purge", { obliterate, dryRun: true }, { signal }));
    },

    async purge(obliterate: boolean): Promise<void> {
      tell((await api.post<Purged>("pedidos/queue/purge", { obliterate })).removed, t.queue.purge.done);
    },

    async retry(limit: number): Promise<void> {
      tell((await api.post<{ retried: number }>("pedidos/queue/retry-failed", { limit })).retried, t.queue.retry.done);
    },

    async recover(maxJobs: number): Promise<void> {
      tell((await api.post<Recovered>("pedidos/queue/recover-stuck", { maxJobs })).recovered, t.queue.recover.done);
    },
  };
}

/** The number of a dry run. An answer that does not say that it was one is not taken for one. */
function counted({ removed, dryRun }: Cleaned | Purged): number {
  if (!dryRun) throw new ApiError(0, "not a dry run", "The server did not say that it only counted.");
  return removed;
}

/** On the wire a limit of 0 is none. */
function bodyOf({ state, limit, graceMs }: CleanWish): Params {
  return { state, limit: limit ?? 0, grace: graceMs ?? 0 };
}
