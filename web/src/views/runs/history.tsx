import { useApp, useI18n, useLive } from "../../app";
import { Badge, RunStateBadge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { CopyId } from "../../components/copyid";
import { Empty, ErrorState, Loading } from "../../components/states";
import { BulkBar, Table, useMedia, type Column } from "../../components/table";
import { TimelineBar } from "../../components/timeline";
import { Time } from "../../components/time";
import type { I18n } from "../../i18n/i18n";
import { useTurn } from "../../live/turn";
import { useResource, type Resource } from "../../resource";
import { Link } from "../../router/link";
import { useQueryValue } from "../../router/query";
import { withQuery } from "../../router/router";
import { useStore } from "../../store";
import { shortId } from "../../text";
import type { Run, RunPage } from "../../wire";
import { partsOf, rateOver, settledOf, sizeOf, withStatus } from "./figures";

const limit = 50;

/** All runs, newest first, a page at a time; two selected ones can be compared. */
export function History() {
  const { api, boot, router } = useApp();
  const { t } = useI18n();
  const [cursor] = useQueryValue("cursor");
  const [chosen, setChosen] = useQueryValue("selected");
  const columns = useColumns();
  const turn = useTurn(1000, boot.refreshMs);
  const status = useLive((s) => s.status);
  const page = useResource(`${cursor} ${turn}`, (signal) => api.get<RunPage>("pedidos/runs", { limit, cursor }, signal));
  const { data } = page;
  if (!data) {
    return (
      <Card title={t.runs.history} flush>
        {page.error ? <ErrorState error={page.error} since={page.failingSince} retry={page.reload} /> : <Loading lines={12} />}
      </Card>
    );
  }
  if (data.runs.length === 0) return <NoRuns older={cursor !== ""} />;
  const selected = new Set(chosen.split(",").filter(Boolean));
  return (
    <div class="stack">
      <Failing resource={page} />
      <Card title={t.runs.history} note={<span class="quiet small-text">{t.runs.historyHint}</span>} flush class="runs-history">
        <Table
          label={t.nav.runs}
          rows={data.runs.map((run) => withStatus(run, status))}
          rowKey={(run) => run.runId}
          onOpen={(run) => router.go("/runs/" + run.runId)}
          selected={selected}
          onSelect={(now) => setChosen([...now].join())}
          columns={columns}
        />
        <Pages page={data} cursor={cursor} />
        <CompareBar ids={[...selected]} clear={() => setChosen("")} />
      </Card>
    </div>
  );
}

/** Says that what is shown could not be refreshed. */
export function Failing({ resource }: { resource: Resource<unknown> }) {
  const { t, f } = useI18n();
  if (!resource.error || resource.failingSince === undefined) return null;
  return (
    <div class="notice" role="status">
      <span class="grow">{t.runs.failing(f.time(resource.failingSince))}</span>
      <Button small icon="refresh" onClick={resource.reload}>
        {t.act.retry}
      </Button>
    </div>
  );
}

function NoRuns({ older }: { older: boolean }) {
  const { t } = useI18n();
  return (
    <Card>
      {older ? (
        <Empty title={t.runs.emptyPage}>
          <Link to="/runs" class="button">
            {t.runs.newest}
          </Link>
        </Empty>
      ) : (
        <Empty title={t.runs.empty} text={t.runs.emptyText}>
          <Link to="/" class="button primary">
            {t.runs.toOverview}
          </Link>
        </Empty>
      )}
    </Card>
  );
}

/** Where the page is narrow, and not yet of cards, what is seen on a run's own page too goes first. */
function useColumns(): Column<Run>[] {
  const i18n = useI18n();
  const noDigest = useMedia("(min-width: 640px) and (max-width: 1399px)");
  const noBar = useMedia("(min-width: 640px) and (max-width: 1199px)");
  const least = useMedia("(min-width: 640px) and (max-width: 999px)");
  const gone = new Set([...(noDigest ? ["digest"] : []), ...(noBar ? ["timeline"] : []), ...(least ? ["started", "rate"] : [])]);
  return columnsOf(i18n).filter(({ key }) => !gone.has(key));
}

function columnsOf({ t, f }: I18n): Column<Run>[] {
  const text = t.runs.columns;
  return [
    {
      key: "run",
      head: text.run,
      cell: (run) => (
        <span class="row">
          <Link to={"/runs/" + run.runId} class="mono" title={run.runId}>
            {shortId(run.runId)}
          </Link>
          {run.kind !== "generated" && <Badge title={run.source ?? ""}>{t.runs.kind[run.kind]}</Badge>}
        </span>
      ),
    },
    { key: "started", head: text.started, cell: (run) => <Time at={run.createdAt} as="relative" /> },
    { key: "state", head: text.state, cell: (run) => <RunStateBadge state={run.status} /> },
    {
      key: "orders",
      head: text.orders,
      align: "end",
      cell: (run) => (
        <Link to={"/browse?run=" + run.runId}>
          {settledOf(run) === sizeOf(run) ? f.int(sizeOf(run)) : t.runs.orderCount(f.int(settledOf(run)), f.int(sizeOf(run)))}
        </Link>
      ),
    },
    { key: "rate", head: text.rate, align: "end", cell: (run) => f.rate(rateOver(settledOf(run), run.wallClockMs)) },
    { key: "time", head: text.time, align: "end", cell: (run) => f.duration(run.wallClockMs) },
    {
      key: "failed",
      head: text.failed,
      align: "end",
      cell: (run) => (run.failed === 0 ? "0" : <Link to={`/browse?run=${run.runId}&status=falhou`}>{f.int(run.failed)}</Link>),
    },
    {
      key: "timeline",
      head: text.timeline,
      cell: (run) => (
        <div class="runs-bar">
          <TimelineBar compact parts={partsOf(run, t.lane)} wallMs={run.wallClockMs} />
        </div>
      ),
    },
    { key: "digest", head: text.digest, cell: (run) => <CopyId id={run.digest} /> },
  ];
}

/** Pages only lead onwards; back is the browser's, or to the newest. */
function Pages({ page, cursor }: { page: RunPage; cursor: string }) {
  const { router } = useApp();
  const { t, f } = useI18n();
  const query = useStore(router.location, (at) => at.query);
  const to = (next: string | undefined) => "/runs" + withQuery(query, { cursor: next });
  return (
    <nav class="runs-pages" aria-label={t.nav.runs}>
      <span class="quiet">{t.runs.count(page.count, f.int(page.count))}</span>
      <span class="grow" />
      {cursor && (
        <Link to={to(undefined)} class="button small">
          {t.runs.newest}
        </Link>
      )}
      {page.nextCursor && (
        <Link to={to(page.nextCursor)} class="button small">
          {t.runs.older}
        </Link>
      )}
    </nav>
  );
}

function CompareBar({ ids, clear }: { ids: readonly string[]; clear(): void }) {
  const { router } = useApp();
  const { t } = useI18n();
  const hint = ids.length < 2 ? t.runs.chooseTwo : ids.length > 2 ? t.runs.chooseOnlyTwo : undefined;
  // The older one first, so that the difference says what the newer one changed.
  const inOrder = [...ids].sort();
  return (
    <BulkBar count={ids.length} onClear={clear}>
      {hint && <span class="quiet">{hint}</span>}
      <Button look="primary" disabled={hint !== undefined} onClick={() => router.go("/runs?compare=" + inOrder.join())}>
        {t.runs.compareTwo}
      </Button>
    </BulkBar>
  );
}
