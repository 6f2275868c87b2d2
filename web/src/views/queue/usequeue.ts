import { ApiError } from "../../api";
import { useApp, useLive } from "../../app";
import { useNow } from "../../layout/livebadge";
import { useResource, type Resource } from "../../resource";
import type { QueueDiagnostics, QueueHealth, Status } from "../../wire";

const activeMs = 1000;

/** What changes when the queue has changed without a run being active. */
function newsOf({ lastRunId, state, paused, counts }: Status): string {
  const still = state.hasActiveGeneration ? "" : `${counts.pending} ${counts.failed} ${counts.removed} ${counts.total}`;
  return `${lastRunId} ${state.memoryPhase} ${paused} ${still}`;
}

/**
 * When to look again: `news` is another text whenever something has happened, `everyMs`
 * the time between two looks; undefined while the figures are frozen.
 */
export function useQueueBeat(): { news: string; everyMs: number | undefined } {
  const { boot } = useApp();
  const news = useLive((s) => newsOf(s.status));
  const busy = useLive((s) => !s.status.paused && (s.status.state.hasActiveGeneration || s.status.counts.pending > 0));
  const frozen = useLive((s) => s.mode === "paused");
  return { news, everyMs: frozen ? undefined : busy ? activeMs : boot.refreshMs };
}

export function useDiagnostics(): Resource<QueueDiagnostics> {
  const { api } = useApp();
  const { news, everyMs } = useQueueBeat();
  return useResource("queue " + news, (signal) => api.get<QueueDiagnostics>("diagnostics/queue", {}, signal), everyMs);
}

/** The queue's health. That the store does not answer is an answer too. */
export function useHealth(): Resource<QueueHealth> {
  const { api } = useApp();
  const { news, everyMs } = useQueueBeat();
  const load = async (signal: AbortSignal) => {
    try {
      return await api.get<QueueHealth>("pedidos/health/queue", {}, signal);
    } catch (error) {
      const body = error instanceof ApiError ? (error.problem as unknown as QueueHealth | undefined) : undefined;
      if (body?.status === "unhealthy") return body;
      throw error;
    }
  };
  return useResource("health " + news, load, everyMs === undefined ? undefined : 2 * everyMs);
}

/** The server's clock, once a second; it stands still while the figures are frozen. */
export function useServerNow(): number {
  const frozen = useLive((s) => s.mode === "paused");
  const ahead = useLive((s) => (s.statusAt === 0 ? 0 : s.statusAt - s.status.timestamp));
  return useNow(!frozen) - ahead;
}
