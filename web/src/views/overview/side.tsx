import { useApp, useI18n, useLive } from "../../app";
import { RunStateBadge } from "../../components/badge";
import { Card } from "../../components/card";
import { ErrorState, Loading } from "../../components/states";
import { Table } from "../../components/table";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import { shortId } from "../../text";
import type { LogLevel, RunPage } from "../../wire";
import { rateOver, settledOf } from "../runs/figures";

/** The last runs, each with its speed or with how it ended. */
export function RecentRuns() {
  const { api, router } = useApp();
  const { t, f } = useI18n();
  const key = useLive((s) => (s.status.lastRunId ?? "") + String(s.status.state.hasActiveGeneration));
  const page = useResource(key, (signal) => api.get<RunPage>("pedidos/runs", { limit: 6 }, signal));
  return (
    <Card title={t.overview.recentRuns} flush actions={<Link to="/runs">{t.overview.allRuns}</Link>}>
      {!page.data && page.error && <ErrorState error={page.error} since={page.failingSince} retry={page.reload} />}
      {!page.data && !page.error && <Loading lines={3} />}
      {page.data && (
        <Table
          label={t.overview.recentRuns}
          cards={false}
          keys={false}
          rows={page.data.runs}
          rowKey={(run) => run.runId}
          onOpen={(run) => router.go("/runs/" + run.runId)}
          columns={[
            { key: "run", head: t.overview.columns.run, cell: (run) => <span class="mono">{shortId(run.runId)}</span> },
            { key: "orders", head: t.overview.columns.orders, align: "end", cell: (run) => f.int(run.target || run.generated) },
            {
              key: "rate",
              head: t.overview.columns.rate,
              align: "end",
              cell: (run) =>
                run.status === "completed" && run.wallClockMs > 0 ? (
                  f.rate(rateOver(settledOf(run), run.wallClockMs))
                ) : (
                  <RunStateBadge state={run.status} />
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

const levelTones: Record<LogLevel, string> = { debug: "", log: "", warn: "tone-warn", error: "tone-bad" };

/** Which run it was is no news where one run is shown. */
const runPair = /\brun=\S+ ?/;

/** The last lines of the log. */
export function LastLines() {
  const { t, f } = useI18n();
  const logs = useLive((s) => s.logs);
  return (
    <Card title={t.overview.log} actions={<Link to="/logs">{t.overview.allLogs}</Link>}>
      {logs.length === 0 && <p class="quiet small">{t.overview.noLog}</p>}
      <ol class="log-lines">
        {logs.slice(-9).map((line) => (
          <li key={line.key} title={`${line.message} ${line.data}`}>
            <time>{f.timeMs(line.timestamp)}</time>{" "}
            <span class={levelTones[line.level]}>
              {(line.level === "warn" || line.level === "error") && `${line.level} `}
              {line.message}
            </span>{" "}
            {line.data.replace(runPair, "")}
          </li>
        ))}
      </ol>
    </Card>
  );
}
