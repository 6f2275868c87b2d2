import { useApp, useI18n } from "../../app";
import type { Params } from "../../api";
import { ConfirmDialog, Refusal } from "../../components/dialog";
import { useResource } from "../../resource";
import type { Discarded, Retried } from "../../wire";

export type ActName = "retry" | "discard";

/** What an act is done to: exactly one of these. */
export type Target = { ids: readonly string[] } | { group: string } | { all: true };

export interface Act {
  name: ActName;
  target: Target;
}

interface Props {
  act: Act;
  /** Dead letters there are in all. */
  total: number;
  onDone(): void;
  onClose(): void;
}

/** Asks before dead letters are put back or discarded, with the number the server would do it to. */
export function ActDialog({ act: { name, target }, total, onDone, onClose }: Props) {
  const { api, live, toasts } = useApp();
  const { t, f } = useI18n();
  const texts = t.failures[name];
  const ask = async (more: Params, signal?: AbortSignal) => {
    const body: Params = { ...target, ...more };
    const answer = await api.post<Partial<Retried & Discarded>>(`pedidos/queue/dead-letter/${name}`, body, signal ? { signal } : {});
    return answer.retried ?? answer.discarded ?? 0;
  };
  const dry = useResource("dry run", (signal) => ask({ dryRun: true }, signal));
  const count = dry.data;
  const run = async () => {
    const done = await ask({});
    toasts.show("ok", texts.done(done, f.int(done)));
    live.refresh();
    onDone();
  };
  const whatHappens = (count: number) => {
    const others = total - count;
    const act = texts.text(count, f.int(count));
    return others > 0 ? act + " " + t.failures.rest(others, f.int(others)) : act;
  };
  return (
    <ConfirmDialog
      title={texts.title}
      confirm={texts.confirm(count ?? 0, count === undefined ? "…" : f.int(count))}
      danger={name === "discard"}
      blocked={!count || dry.error !== undefined}
      run={run}
      onClose={onClose}
    >
      <div role="status">
        {dry.error && <Refusal error={dry.error} />}
        {!dry.error && count === undefined && t.failures.counting}
        {!dry.error && count === 0 && t.failures.none}
        {!dry.error && count !== undefined && count > 0 && whatHappens(count)}
      </div>
    </ConfirmDialog>
  );
}
