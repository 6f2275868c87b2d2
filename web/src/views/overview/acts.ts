import type { App } from "../../app";
import { reasonOf } from "../../text";
import type { Cancelled, Started, WasReset } from "../../wire";

export interface NewRun {
  quantity: number;
  seed?: string;
  tiers?: string;
  force: boolean;
}

/**
 * What can be done from the overview. Each shows a message that is settled by what the
 * server then says: an act counts as done when a status shows it.
 */
export function actsOf(app: App) {
  const { api, live, toasts } = app;
  const { t, f } = app.i18n.get();

  /** Says that it worked once the status shows it. */
  const confirmed = async (message: ReturnType<typeof toasts.pending>, shown: Promise<boolean>, text: string) =>
    message.done((await shown) ? text : t.unconfirmed);

  return {
    /** Throws the refusal, for the form to show. */
    async start(run: NewRun): Promise<void> {
      const { force, ...rest } = run;
      const started = await api.post<Started>("pedidos/generate", { ...rest, ...(force ? { force } : {}) });
      const message = toasts.pending(t.overview.newRun.starting);
      const shown = live.until((status) => status.lastRunId === started.runId);
      void confirmed(message, shown, t.overview.newRun.started(t.orders(run.quantity, f.int(run.quantity))));
    },

    async cancel(): Promise<void> {
      const message = toasts.pending(t.overview.cancel.doing);
      try {
        const done = await api.post<Cancelled>("pedidos/cancel");
        if (!done.aborted) return message.done(t.overview.cancel.none);
        const shown = live.until((status) => status.lastRunId !== done.runId || !status.state.hasActiveGeneration);
        await confirmed(message, shown, t.overview.cancel.done(f.int(done.removedPending)));
      } catch (error) {
        message.fail(t.overview.cancel.failed, reasonOf(error, t));
      }
    },

    async reset(): Promise<void> {
      const message = toasts.pending(t.overview.reset.doing);
      try {
        const done = await api.post<WasReset>("pedidos/reset");
        const shown = live.until((status) => !status.lastRunId);
        await confirmed(message, shown, t.overview.reset.done(f.int(done.deletedOrders), f.int(done.deletedRuns)));
      } catch (error) {
        message.fail(t.overview.reset.failed, reasonOf(error, t));
      }
    },
  };
}
