import type { App } from "./app";
import { reasonOf } from "./text";

/** Pauses or resumes the queue, and tells so once a status shows it. */
export async function setPaused({ api, live, toasts, i18n }: App, paused: boolean): Promise<void> {
  const { t } = i18n.get();
  const text = t.pausing;
  const message = toasts.pending(paused ? text.doing : text.resuming);
  try {
    await api.post(paused ? "pedidos/queue/pause" : "pedidos/queue/resume");
    const shown = await live.until((status) => status.paused === paused);
    message.done(!shown ? t.unconfirmed : paused ? text.done : text.resumed);
  } catch (error) {
    message.fail(paused ? text.failed : text.resumeFailed, reasonOf(error, t));
  }
}
