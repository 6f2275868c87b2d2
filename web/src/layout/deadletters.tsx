import { useApp, useI18n } from "../app";
import { useTurn } from "../live/turn";
import { useResource } from "../resource";
import type { DeadLetterPage } from "../wire";

/** How many dead letters there are, beside the word that leads to them; nothing while there are none. */
export function DeadLetterCount() {
  const { api, boot } = useApp();
  const { t, f } = useI18n();
  const turn = useTurn(Math.max(2000, boot.refreshMs), 60_000);
  const { data } = useResource(`dead letters ${turn}`, (signal) =>
    api.get<DeadLetterPage>("pedidos/queue/dead-letter", { limit: 1 }, signal),
  );
  if (!data?.total) return null;
  return (
    <span class="badge tone-bad nav-count" title={t.failures.letters(data.total, f.int(data.total))}>
      {f.compact(data.total)}
    </span>
  );
}
