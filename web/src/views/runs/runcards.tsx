import type { ComponentChildren } from "preact";
import { useI18n } from "../../app";
import { Card } from "../../components/card";
import { CopyId } from "../../components/copyid";
import { Pairs } from "../../components/pairs";
import { Table } from "../../components/table";
import { Time } from "../../components/time";
import { Link } from "../../router/link";
import type { Run } from "../../wire";
import { settledOf } from "./figures";
import { sharesOf, workText } from "./setup";

/** How many orders are in which state; each number leads to them. */
export function WhereCard({ run }: { run: Run }) {
  const { t, f } = useI18n();
  const text = t.runs.counts;
  const number = (n: number, filter: string): ComponentChildren =>
    n === 0 ? "0" : <Link to={`/browse?run=${run.runId}&${filter}`}>{f.int(n)}</Link>;
  // Settled orders that failed are of another status than the others: then the rows of both.
  const settled = run.failed === 0 ? "&status=processado" : "";
  return (
    <Card title={t.runs.outcome}>
      <Pairs
        rows={[
          [text.processed, number(settledOf(run) - run.failed, "status=processado")],
          [text.failed, number(run.failed, "status=falhou")],
          [text.pending, number(run.pending, "status=pendente")],
          [text.removed, number(run.removed, "status=removido")],
          [text.vip, number(run.totalProcessedVIP, "priority=VIP" + settled)],
          [text.normal, number(run.totalProcessedNormal, "priority=NORMAL" + settled)],
          ...(run.rejected > 0 ? [[text.rejected, f.int(run.rejected)] as [string, string]] : []),
        ]}
      />
    </Card>
  );
}

/** What was asked for. The seed is a text: it has more digits than a number keeps. */
export function MadeCard({ run }: { run: Run }) {
  const i18n = useI18n();
  const { t, f } = i18n;
  const text = t.runs.fields;
  const generated = run.kind === "generated";
  const rows: [string, ComponentChildren][] = [
    [text.id, <CopyId id={run.runId} full />],
    [text.accepted, <Time at={run.createdAt} />],
    [text.ended, run.endedAt ? <Time at={run.endedAt} /> : t.runs.notEnded],
    [text.kind, `${f.int(run.target || run.generated)} ${t.runs.kind[run.kind]}`],
  ];
  if (run.source) rows.push([text.source, <span class="mono">{run.source}</span>]);
  if (generated) {
    rows.push([text.seed, <CopyId id={run.seed} full />]);
    rows.push([
      text.tiers,
      <ul title={t.runs.tierNote}>
        {sharesOf(run.weights).map(({ tier, weight, share }) => (
          <li key={tier}>{t.runs.tierShare(t.tier[tier], f.int(weight), f.percent(share))}</li>
        ))}
      </ul>,
    ]);
  }
  rows.push([text.work, workText(run, i18n)], [text.attempts, t.runs.attempts(run.work.attempts, f.int(run.work.attempts))]);
  return (
    <Card title={t.runs.made}>
      <Pairs start rows={rows} />
    </Card>
  );
}

/** The digest, and what it proves of a run in this state. */
export function DigestCard({ run }: { run: Run }) {
  const { t } = useI18n();
  const means = t.runs.digestMeans;
  const own = run.work.handler === "mark" || run.work.handler === "simulate";
  const proved = run.status === "completed" && run.removed === 0 && own;
  return (
    <Card title={t.runs.digest}>
      <CopyId id={run.digest} full />
      <p class="runs-prose quiet">{proved ? means.done : run.status === "running" ? means.part : means.ended}</p>
      {run.kind === "generated" && <p class="runs-prose quiet">{means.seed}</p>}
      <p class="runs-prose quiet">{means.verify}</p>
    </Card>
  );
}

/** When nothing worked on the run; nothing at all where that never was. */
export function GapsCard({ run }: { run: Run }) {
  const { t, f } = useI18n();
  const gaps = run.gaps ?? [];
  if (gaps.length === 0) return null;
  const text = t.runs.gapColumns;
  return (
    <Card title={t.runs.gaps} flush>
      <p class="runs-note quiet">{t.runs.gapsText}</p>
      <Table
        label={t.runs.gaps}
        keys={false}
        rows={gaps}
        rowKey={(gap) => gap.from}
        columns={[
          { key: "from", head: text.from, cell: (gap) => <Time at={gap.from} /> },
          { key: "to", head: text.to, cell: (gap) => <Time at={gap.to} /> },
          { key: "ms", head: text.ms, align: "end", cell: (gap) => f.duration(Date.parse(gap.to) - Date.parse(gap.from)) },
        ]}
      />
    </Card>
  );
}
