import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../../app";
import { RunStateBadge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Icon } from "../../components/icon";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Page } from "../../layout/page";
import { useTimeSeries } from "../../live/timeseries";
import { useTurn } from "../../live/turn";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import { useStore } from "../../store";
import { shortId } from "../../text";
import { tiers, type Run as RunRow } from "../../wire";
import { NewRunDialog } from "../overview/newrundialog";
import { Throughput } from "../overview/throughput";
import { withStatus } from "./figures";
import { Failing } from "./history";
import { DigestCard, GapsCard, MadeCard, WhereCard } from "./runcards";
import { RunHero } from "./runhero";
import "./runs.css";
import { Times } from "./times";

/** One run: how far, how fast, of what it was made, and what its digest proves. */
export default function Run() {
  const { api, boot, router } = useApp();
  const { t } = useI18n();
  const id = useStore(router.location, (at) => at.runId ?? "");
  const status = useLive((s) => s.status);
  const turn = useTurn(1000, boot.refreshMs);
  const loaded = useResource(`${id} ${turn}`, (signal) => api.get<RunRow>("pedidos/runs/" + encodeURIComponent(id), {}, signal));
  const [again, setAgain] = useState(false);
  const gone = loaded.error?.status === 404;
  const row = !gone && loaded.data?.runId === id ? loaded.data : undefined;
  const run = row && withStatus(row, status);
  return (
    <Page
      title={t.overview.run(shortId(id))}
      ownPhases
      note={run && <RunStateBadge state={run.status} />}
      actions={run && <Acts run={run} again={() => setAgain(true)} />}
    >
      {run && <OfRun run={run} failing={<Failing resource={loaded} />} />}
      {!run && loaded.error && (gone ? <NotThere /> : <Failed resource={loaded} />)}
      {!run && !loaded.error && <Skeleton />}
      {run && again && (
        <NewRunDialog
          onClose={() => setAgain(false)}
          like={{ quantity: run.target, seed: run.seed, tiers: tiers.map((tier) => run.weights[tier]) }}
        />
      )}
    </Page>
  );
}

function Acts({ run, again }: { run: RunRow; again(): void }) {
  const { api } = useApp();
  const { t } = useI18n();
  return (
    <>
      <a class="button" href={api.url("pedidos/runs/" + run.runId)} download={`run-${run.runId}.json`}>
        <Icon name="down" />
        {t.runs.acts.download}
      </a>
      <Link to={"/runs?selected=" + run.runId} class="button">
        {t.runs.acts.compare}
      </Link>
      {run.kind === "generated" && (
        <Button look="primary" onClick={again}>
          {t.runs.acts.again}
        </Button>
      )}
    </>
  );
}

function OfRun({ run, failing }: { run: RunRow; failing: ComponentChildren }) {
  const { t } = useI18n();
  const current = useLive((s) => s.status.lastRunId === run.runId);
  const loaded = useTimeSeries("run", current ? undefined : run.runId);
  const series = loaded.data?.runId === run.runId ? loaded.data : undefined;
  return (
    <div class="stack">
      {failing}
      <Ending run={run} />
      <RunHero run={run} series={series} />
      {series && series.samples.length === 0 ? (
        <Card title={t.charts.throughput}>
          <p class="quiet">{t.runs.noSamples}</p>
        </Card>
      ) : !series && loaded.error ? (
        <Card title={t.charts.throughput} flush>
          <ErrorState error={loaded.error} since={loaded.failingSince} retry={loaded.reload} />
        </Card>
      ) : (
        <Throughput series={series} run={run.runId} />
      )}
      <div class="columns runs-columns">
        <div class="stack">
          <Times run={run} />
          <GapsCard run={run} />
        </div>
        <div class="stack">
          <WhereCard run={run} />
          <MadeCard run={run} />
          <DigestCard run={run} />
        </div>
      </div>
    </div>
  );
}

/** How a run ended that was not completed. */
function Ending({ run }: { run: RunRow }) {
  const { t, f } = useI18n();
  if (run.aborted) {
    return (
      <div class="notice" role="note">
        <Icon name="dash" />
        {t.runs.cancelled(f.int(run.removed))}
      </div>
    );
  }
  if (!run.error) return null;
  return (
    <div class="notice tone-bad" role="alert">
      <Icon name="cross" />
      <b>{t.runs.error(t.runs.errorKind[run.error.kind] ?? run.error.kind)}</b>
      <span class="notice-text">{run.error.message}</span>
    </div>
  );
}

/** The run was removed, or never was. */
export function NotThere() {
  const { t } = useI18n();
  return (
    <Card>
      <Empty title={t.runs.notFound} text={t.runs.notFoundText}>
        <Link to="/runs" class="button primary">
          {t.runs.toRuns}
        </Link>
      </Empty>
    </Card>
  );
}

function Failed({ resource }: { resource: ReturnType<typeof useResource<RunRow>> }) {
  return <Card>{resource.error && <ErrorState error={resource.error} since={resource.failingSince} retry={resource.reload} />}</Card>;
}

/** The page's cards, before there is anything in them. */
function Skeleton() {
  const { t } = useI18n();
  const card = (title: string, lines: number) => (
    <Card title={title} flush>
      <Loading lines={lines} />
    </Card>
  );
  return (
    <div class="stack">
      {card(t.overview.phases, 4)}
      {card(`${t.charts.throughput}, ${t.perSecond}`, 5)}
      <div class="columns">
        {card(t.runs.timings, 8)}
        {card(t.runs.outcome, 5)}
      </div>
    </div>
  );
}
