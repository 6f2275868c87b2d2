import { useApp, useI18n } from "../../app";
import { Badge, PriorityBadge } from "../../components/badge";
import { Card } from "../../components/card";
import { Chips } from "../../components/chips";
import { CopyId } from "../../components/copyid";
import { Icon } from "../../components/icon";
import { Table, type Column } from "../../components/table";
import { useQueryChoice } from "../../router/query";
import type { QueueDiagnostics, WorkerState } from "../../wire";
import { isSilent, workerAge } from "./facts";
import { useServerNow } from "./usequeue";

const forms = ["grid", "table"] as const;

/** What each worker does, and since when. */
export function Workers({ queue }: { queue: QueueDiagnostics | undefined }) {
  const { t, f } = useI18n();
  const [form, setForm] = useQueryChoice("workers", forms, "grid");
  const list = queue?.workerList;
  const busy = list?.filter((worker) => worker.state === "working").length ?? 0;
  return (
    <Card
      title={t.queue.workers.title}
      note={list && <span class="hint figures">{t.queue.workers.busy(f.int(busy), f.int(list.length))}</span>}
      actions={<Chips label={t.queue.workers.as} options={forms.map((name) => [name, t.queue.workers[name]] as const)} value={form} onValue={setForm} />}
      flush
    >
      {!list ? <ToCome /> : list.length === 0 ? <p class="table-empty quiet">{t.queue.workers.none}</p> : <Listed form={form} list={list} />}
    </Card>
  );
}

/** As many tiles as there will be workers, that nothing moves when they come. */
function ToCome() {
  const { boot } = useApp();
  return (
    <div class="worker-box">
      <div class="worker-grid">
        {Array.from({ length: boot.workers }, (_, i) => (
          <div key={i} class="worker">
            <span class="worker-line">
              <span class="skeleton grow" />
            </span>
            <span class="worker-line" />
          </div>
        ))}
      </div>
    </div>
  );
}

function Listed({ form, list }: { form: "grid" | "table"; list: WorkerState[] }) {
  const now = useServerNow();
  return form === "grid" ? <Grid list={list} now={now} /> : <AsTable list={list} now={now} />;
}

function Grid({ list, now }: { list: WorkerState[]; now: number }) {
  const { t } = useI18n();
  return (
    <div class="worker-box" role="region" aria-label={t.queue.workers.list} tabIndex={0}>
      <ul class="worker-grid figures">
        {list.map((worker) => (
          <Tile key={worker.id} worker={worker} now={now} />
        ))}
      </ul>
    </div>
  );
}

function Tile({ worker, now }: { worker: WorkerState; now: number }) {
  const { t, f } = useI18n();
  const idle = worker.state === "idle";
  return (
    <li class={idle ? "worker is-idle" : "worker lane-of-" + (worker.lane ?? "none").toLowerCase()}>
      <span class="worker-line">
        <b>{worker.id}</b>
        <span class="grow" />
        {worker.lane && <PriorityBadge priority={worker.lane} />}
      </span>
      <span class="worker-line">
        <What worker={worker} />
        <span class="grow" />
        <Age worker={worker} now={now} />
      </span>
      {!idle && (
        <span class="worker-line quiet">
          {t.queue.workers.inHand(f.int(worker.orders))}
          <span class="grow" />
          {isSilent(worker, now) && <Silent />}
        </span>
      )}
    </li>
  );
}

function What({ worker }: { worker: WorkerState }) {
  const { t } = useI18n();
  if (worker.orderId) return <CopyId id={worker.orderId} />;
  return <span class="quiet">{worker.state === "idle" ? t.queue.workers.idle : t.queue.workers.between}</span>;
}

function Age({ worker, now }: { worker: WorkerState; now: number }) {
  const { f } = useI18n();
  const age = workerAge(worker, now);
  if (age === undefined || worker.since === null) return null;
  return (
    <time class="quiet" dateTime={worker.since} title={worker.since}>
      {f.duration(age)}
    </time>
  );
}

/** Suspiciously long at one order. */
function Silent() {
  const { t } = useI18n();
  return (
    <Badge tone="warn" icon="warn" title={t.queue.workers.silentHint}>
      {t.queue.workers.silent}
    </Badge>
  );
}

function AsTable({ list, now }: { list: WorkerState[]; now: number }) {
  const { t, f } = useI18n();
  const w = t.queue.workers;
  const columns: Column<WorkerState>[] = [
    { key: "id", head: w.worker, cell: (worker) => worker.id },
    {
      key: "state",
      head: w.state,
      cell: (worker) => (
        <span class="worker-state">
          <Icon name={worker.state === "idle" ? "dash" : "play"} />
          {w[worker.state]}
          {isSilent(worker, now) && <Silent />}
        </span>
      ),
    },
    { key: "lane", head: w.lane, cell: (worker) => (worker.lane ? <PriorityBadge priority={worker.lane} /> : "–") },
    { key: "order", head: w.order, cell: (worker) => (worker.orderId ? <CopyId id={worker.orderId} /> : "–"), wide: true },
    { key: "left", head: w.left, cell: (worker) => f.int(worker.orders), align: "end" },
    { key: "since", head: w.since, cell: (worker) => <Age worker={worker} now={now} />, align: "end" },
  ];
  return <Table label={w.list} columns={columns} rows={list} rowKey={(worker) => worker.id} height={420} keys={false} />;
}
