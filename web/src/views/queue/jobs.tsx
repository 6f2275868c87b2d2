import type { ComponentChildren } from "preact";
import { useApp, useI18n } from "../../app";
import { PriorityBadge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Chips } from "../../components/chips";
import { CopyId } from "../../components/copyid";
import { Drawer } from "../../components/drawer";
import { Pairs } from "../../components/pairs";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Table, useMedia, type Column } from "../../components/table";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import { useQueryChoice, useQueryValue } from "../../router/query";
import { shortId } from "../../text";
import { jobStates, lastJob, type Job, type JobPage, type JobState, type Priority, type QueueCounts } from "../../wire";
import { Instant } from "./instant";
import { useQueueBeat } from "./usequeue";

const amounts = ["50", "200", "1000"] as const;

/** The queue's orders, one state at a time. */
export function Jobs({ counts }: { counts: QueueCounts | undefined }) {
  const { api, router } = useApp();
  const { t, f } = useI18n();
  const [state, setState] = useQueryChoice<JobState>("state", jobStates, "waiting");
  const [amount, setAmount] = useQueryChoice("rows", amounts, "50");
  const [open] = useQueryValue("job");
  const { news, everyMs } = useQueueBeat();
  const end = Math.min(lastJob, Number(amount)) - 1;
  const jobs = useResource(
    `jobs ${state} ${amount} ${news}`,
    async (signal) => ({ state, ...(await api.get<JobPage>("pedidos/queue/jobs", { types: state, start: 0, end }, signal)) }),
    everyMs === undefined ? undefined : 2 * everyMs,
  );
  // While another state is loading, the rows of the last one are not those of this one.
  const rows = jobs.data?.state === state ? jobs.data.jobs : undefined;
  const show = (job: string | undefined) => router.setQuery({ job }, { push: job !== undefined });
  const choose = (next: JobState) => {
    setState(next);
    router.setQuery({ job: undefined, rows: undefined });
  };
  const tab = (name: JobState) => [name, counts ? t.queue.jobs.tab(t.queue.job[name], f.int(counts[name])) : t.queue.job[name]] as const;
  return (
    <div id="jobs">
      <Card title={t.queue.jobs.title} note={<span class="hint">{t.queue.jobs.sorted[state]}</span>} actions={<WayOut state={state} />} flush>
        <div class="job-tabs figures">
          <Chips label={t.queue.jobs.states} options={jobStates.map(tab)} value={state} onValue={choose} />
        </div>
        {rows && <JobTable state={state} rows={rows} open={show} none={counts !== undefined && jobStates.every((name) => counts[name] === 0)} />}
        {!rows && jobs.error && <ErrorState error={jobs.error} since={jobs.failingSince} retry={jobs.reload} />}
        {!rows && !jobs.error && <Loading lines={8} />}
        {rows && rows.length > end && (counts?.[state] ?? Infinity) > rows.length && <More amount={amount} all={counts?.[state]} more={setAmount} />}
        {open && <JobDrawer id={open} job={rows?.find((job) => job.id === open)} loaded={rows !== undefined} onClose={() => show(undefined)} />}
      </Card>
    </div>
  );
}

function WayOut({ state }: { state: JobState }) {
  const { t } = useI18n();
  if (state === "failed") return <Link class="hint" to="/failures">{t.queue.jobs.toFailures}</Link>;
  const status = state === "completed" ? "processado" : "pendente";
  return <Link class="hint" to={"/browse?run=all&status=" + status}>{t.queue.jobs.allOrders}</Link>;
}

function More({ amount, all, more }: { amount: (typeof amounts)[number]; all: number | undefined; more(amount: (typeof amounts)[number]): void }) {
  const { t, f } = useI18n();
  const next = amounts[amounts.indexOf(amount) + 1];
  return (
    <div class="job-more row">
      <span class="hint figures">{t.queue.jobs.first(f.int(Number(amount)), all === undefined ? "…" : f.int(all))}</span>
      {next ? (
        <Button small onClick={() => more(next)}>
          {t.queue.jobs.more(f.int(Number(next)))}
        </Button>
      ) : (
        <span class="hint">{t.queue.jobs.most(f.int(Number(amount)))}</span>
      )}
    </div>
  );
}

interface TableProps {
  state: JobState;
  rows: readonly Job[];
  /** There is no order in any state. */
  none: boolean;
  open(id: string): void;
}

function JobTable({ state, rows, none, open }: TableProps) {
  const { t, f } = useI18n();
  const narrow = useMedia("(max-width: 639px)");
  const j = t.queue.jobs;
  const why = state === "failed" || state === "delayed";
  const columns: Column<Job>[] = [
    { key: "lane", head: j.lane, cell: (job) => <PriorityBadge priority={laneOf(job)} /> },
    { key: "order", head: j.order, cell: (job) => <CopyId id={job.id} /> },
    { key: "customer", head: j.customer, cell: (job) => <span>{job.data?.cliente ?? "–"}</span>, wide: !why },
    ...(why ? [{ key: "reason", head: j.reason, cell: (job: Job) => <span title={reasonOf(job)}>{reasonOf(job) ?? "–"}</span>, wide: true }] : []),
    { key: "value", head: j.value, cell: (job) => (job.data ? f.money(job.data.valor) : "–"), align: "end" },
    { key: "attempts", head: j.attempts, cell: (job) => f.int(job.attemptsMade), align: "end" },
    { key: "at", head: j.at[state], cell: (job) => <Instant at={instantOf(job)} />, align: "end" },
  ];
  return (
    <Table
      label={`${j.title}: ${t.queue.job[state]}`}
      columns={columns}
      rows={rows}
      rowKey={(job) => job.id}
      onOpen={(job) => open(job.id)}
      height={narrow ? 560 : 520}
      empty={none ? <NoOrder /> : <p class="table-empty quiet">{j.none[state]}</p>}
    />
  );
}

function NoOrder() {
  const { t } = useI18n();
  return (
    <Empty title={t.queue.jobs.noOrder} text={t.queue.jobs.noOrderText}>
      <Link class="button" to="/">
        {t.error.toOverview}
      </Link>
    </Empty>
  );
}

function laneOf(job: Job): Priority {
  return job.opts.priority === 10 ? "VIP" : "NORMAL";
}

function reasonOf(job: Job): string | undefined {
  return job.failedReason ?? job.data?.reason;
}

/** The instant that matters in the job's state. */
function instantOf(job: Job): number | undefined {
  if (job.state === "active") return job.processedOn;
  if (job.state === "delayed") return job.delayedUntil;
  return job.state === "waiting" ? job.timestamp : job.finishedOn;
}

function JobDrawer({ id, job, loaded, onClose }: { id: string; job: Job | undefined; loaded: boolean; onClose(): void }) {
  const { t } = useI18n();
  return (
    <Drawer title={`${t.queue.jobs.drawer} ${shortId(id)}`} onClose={onClose}>
      {!job && !loaded && <Loading lines={8} />}
      {!job && loaded && <p>{t.queue.jobs.gone}</p>}
      {job && <JobFacts job={job} />}
      <p>
        <Link to={"/browse?id=" + encodeURIComponent(id)}>{t.queue.jobs.openOrder}</Link>
      </p>
    </Drawer>
  );
}

function JobFacts({ job }: { job: Job }) {
  const { t, f } = useI18n();
  const j = t.queue.jobs;
  const { data } = job;
  const reason = reasonOf(job);
  const rows: [string, ComponentChildren][] = [
    [j.order, <CopyId id={job.id} full />],
    [j.state, t.queue.job[job.state]],
    [j.lane, <PriorityBadge priority={laneOf(job)} />],
    [j.attempts, f.int(job.attemptsMade)],
    [j.accepted, <Instant at={job.timestamp} />],
  ];
  if (job.state !== "waiting") rows.push([j.at[job.state], <Instant at={instantOf(job)} />]);
  if (reason) rows.push([j.reason, reason]);
  if (data) {
    rows.push(
      [j.customer, data.cliente],
      [j.tier, t.tier[data.tier]],
      [j.value, f.money(data.valor)],
      [j.run, <Link to={"/runs/" + data.runId}>{shortId(data.runId)}</Link>],
    );
  }
  return <Pairs rows={rows} start />;
}
