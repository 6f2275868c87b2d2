import { useEffect, useState } from "preact/hooks";
import { useApp, useI18n } from "../../app";
import { PriorityBadge } from "../../components/badge";
import { Button } from "../../components/button";
import { CopyId } from "../../components/copyid";
import { useRoom } from "../../components/room";
import { Empty, ErrorState, Loading } from "../../components/states";
import { BulkBar, Table, useMedia, type Column } from "../../components/table";
import { Time } from "../../components/time";
import type { I18n } from "../../i18n/i18n";
import { useKeys } from "../../keys";
import { useKeyset, type WalkLimits } from "../../keyset";
import { Link } from "../../router/link";
import { useStore } from "../../store";
import { shortId } from "../../text";
import type { DeadLetter, DeadLetterPage, Story } from "../../wire";
import { ListFoot } from "../browse/listfoot";
import { OrderDrawer } from "../browse/story";
import type { Act } from "./act";

/** As many as one act may name. */
const limits: WalkLimits = { wanted: 50, pages: 40, rows: 1000 };

interface Props {
  /** Empty for those of every error. */
  group: string;
  /** Counts up when they may be others. */
  turn: number;
  onAct(act: Act): void;
}

/** Dead letters one by one, to be read, picked and acted on. */
export function Letters({ group, turn, onAct }: Props) {
  const { api, router } = useApp();
  const i18n = useI18n();
  const { t, f } = i18n;
  const { walk, ...view } = useKeyset<DeadLetter>(
    group,
    async (cursor, signal) => {
      const page = await api.get<DeadLetterPage>("pedidos/queue/dead-letter", { group, limit: 100, cursor }, signal);
      return { rows: page.deadLetters, nextCursor: page.nextCursor };
    },
    limits,
  );
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [topped, setTopped] = useState(0);
  // What is picked must be seen: an act on rows that have gone would surprise.
  const selected = new Set(view.rows.map((row) => row.order.id).filter((id) => picked.has(id)));
  useEffect(() => {
    if (turn > 0 && view.state !== "walking" && view.rows.length <= 100) walk.restart();
  }, [turn]);
  const opened = useStore(router.location, (at) => at.query.get("order") ?? "");
  const card = useMedia("(max-width: 639px)");
  const height = useRoom(card ? 240 : 420);
  const actOnPicked = (name: Act["name"]) => onAct({ name, target: { ids: [...selected] } });
  useKeys(selected.size > 0 ? { R: () => actOnPicked("retry") } : {});
  return (
    <>
      <Table
        key={`${group} ${topped}`}
        label={t.failures.lettersLabel}
        columns={letterColumns(i18n, card)}
        rows={view.rows}
        rowKey={(row) => row.order.id}
        selected={selected}
        onSelect={setPicked}
        onOpen={(row) => router.setQuery({ order: row.order.id }, { push: !opened })}
        onEnd={view.state === "more" ? () => walk.more() : undefined}
        height={height}
        empty={
          view.state === "failed" && view.error ? (
            <ErrorState error={view.error} since={view.failingSince} retry={() => walk.more()} />
          ) : view.state === "end" ? (
            <Gone group={group} />
          ) : (
            <div class="order-skeleton">
              <Loading lines={8} />
            </div>
          )
        }
      />
      <BulkBar count={selected.size} onClear={() => setPicked(new Set())}>
        <Button look="danger" onClick={() => actOnPicked("discard")}>
          {t.failures.discard.selected(f.int(selected.size))}
        </Button>
        <Button look="primary" title="Shift R" onClick={() => actOnPicked("retry")}>
          {t.failures.retry.selected(f.int(selected.size))}
        </Button>
      </BulkBar>
      {view.rows.length > 0 && <ListFoot view={view} walk={walk} most={limits.rows} onJump={() => setTopped(topped + 1)} />}
      {opened && (
        <OrderDrawer
          id={opened}
          turn={turn}
          onClose={() => router.setQuery({ order: undefined })}
          acts={(story) => <LetterActs story={story} onAct={onAct} />}
        />
      )}
    </>
  );
}

function Gone({ group }: { group: string }) {
  const { t } = useI18n();
  if (!group) return <Empty title={t.failures.nothing} text={t.failures.nothingText} />;
  return (
    <Empty title={t.failures.groupGone} text={t.failures.groupGoneText}>
      <Link to="/failures" class="button">
        {t.failures.allGroups}
      </Link>
    </Empty>
  );
}

function LetterActs({ story, onAct }: { story: Story; onAct(act: Act): void }) {
  const { t } = useI18n();
  if (story.order.status !== "falhou") return null;
  const target = { ids: [story.order.id] };
  return (
    <div class="row">
      <Button look="primary" icon="undo" onClick={() => onAct({ name: "retry", target })}>
        {t.failures.retry.one}
      </Button>
      <Button look="danger" icon="trash" onClick={() => onAct({ name: "discard", target })}>
        {t.failures.discard.one}
      </Button>
    </div>
  );
}

function letterColumns({ t, f }: I18n, card: boolean): Column<DeadLetter>[] {
  const names = t.failures.columns;
  const id: Column<DeadLetter> = {
    key: "id",
    head: names.id,
    cell: ({ order }) => (card ? <span class="mono">{shortId(order.id)}</span> : <CopyId id={order.id} />),
  };
  const reason: Column<DeadLetter> = {
    key: "reason",
    head: names.reason,
    wide: true,
    cell: ({ order, group }) => <code title={order.reason}>{order.reason ?? group}</code>,
  };
  const priority: Column<DeadLetter> = { key: "priority", head: names.priority, cell: ({ order }) => <PriorityBadge priority={order.priority} /> };
  const attempts: Column<DeadLetter> = { key: "attempts", head: names.attempts, align: "end", cell: (row) => f.int(row.attempts) };
  const redriven: Column<DeadLetter> = { key: "redriven", head: names.redriven, align: "end", cell: (row) => f.int(row.redriven) };
  const failedAt: Column<DeadLetter> = { key: "failedAt", head: names.failedAt, cell: (row) => <Time at={row.lastFailure} as="relative" /> };
  return card ? [id, reason, priority, failedAt] : [id, reason, priority, attempts, redriven, failedAt];
}
