import type { ComponentChildren } from "preact";
import { ApiError } from "../../api";
import { useApp, useI18n } from "../../app";
import { Badge, RunStateBadge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { CopyId } from "../../components/copyid";
import { Icon } from "../../components/icon";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Table } from "../../components/table";
import { TimelineBar } from "../../components/timeline";
import { Time } from "../../components/time";
import type { I18n } from "../../i18n/i18n";
import { Page } from "../../layout/page";
import { useTurn } from "../../live/turn";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import { shortId } from "../../text";
import type { Run } from "../../wire";
import { comparable, figuresOf, idsOf, type Figure, type Verdict } from "./compare";
import { partsOf } from "./figures";
import { tiersText, workText } from "./setup";

/** Two runs side by side. ids: as they stand in the address. */
export function Compare({ ids }: { ids: string }) {
  const { router } = useApp();
  const { t } = useI18n();
  const two = idsOf(ids);
  const actions = (
    <>
      <Link to={"/runs?selected=" + ids} class="button">
        {t.runs.compare.others}
      </Link>
      {two && <Button onClick={() => router.setQuery({ compare: `${two[1]},${two[0]}` })}>{t.runs.compare.swap}</Button>}
    </>
  );
  return (
    <Page title={t.runs.compare.title} actions={actions}>
      {two ? <Two ids={two} /> : <NotTwo />}
    </Page>
  );
}

function NotTwo() {
  const { t } = useI18n();
  return (
    <Card>
      <Empty title={t.runs.compare.bad} text={t.runs.compare.badText}>
        <Link to="/runs" class="button primary">
          {t.runs.toRuns}
        </Link>
      </Empty>
    </Card>
  );
}

function Two({ ids }: { ids: [string, string] }) {
  const { api, boot } = useApp();
  const { t } = useI18n();
  const turn = useTurn(1000, boot.refreshMs);
  const both = useResource(`${ids.join()} ${turn}`, (signal) => {
    const one = async (id: string) => {
      try {
        return await api.get<Run>("pedidos/runs/" + encodeURIComponent(id), {}, signal);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 0) throw error;
        throw new ApiError(error.status, error.title, `${t.runs.compare.missing(shortId(id))}: ${error.message}`, error.problem);
      }
    };
    return Promise.all(ids.map(one));
  });
  const [a, b] = both.data ?? [];
  if (a?.runId === ids[0] && b?.runId === ids[1]) return <SideBySide a={a} b={b} />;
  return (
    <Card title={t.runs.compare.sum} flush>
      {both.error ? <ErrorState error={both.error} since={both.failingSince} retry={both.reload} /> : <Loading lines={10} />}
    </Card>
  );
}

function SideBySide({ a, b }: { a: Run; b: Run }) {
  const { t } = useI18n();
  const how = comparable(a, b);
  const wall = Math.max(a.wallClockMs, b.wallClockMs);
  return (
    <div class="stack">
      <div class="halves">
        <Head name={t.runs.compare.a} run={a} wallMs={wall} />
        <Head name={t.runs.compare.b} run={b} wallMs={wall} />
      </div>
      {how !== "yes" && (
        <div class="notice" role="note">
          <Icon name="warn" />
          {t.runs.compare[how]}
        </div>
      )}
      <Figures a={a} b={b} />
      <Setup a={a} b={b} />
    </div>
  );
}

/** One run, its bar on the scale of the longer one. */
function Head({ name, run, wallMs }: { name: string; run: Run; wallMs: number }) {
  const { t, f } = useI18n();
  return (
    <section class="card" aria-label={name}>
      <div class="card-head runs-vs">
        <span class="runs-letter">{name}</span>
        <Link to={"/runs/" + run.runId} class="mono">
          {shortId(run.runId)}
        </Link>
        <RunStateBadge state={run.status} />
        <span class="grow" />
        <span class="quiet small-text">
          <Time at={run.createdAt} />
        </span>
      </div>
      <div class="card-body">
        <TimelineBar parts={partsOf(run, t.lane)} wallMs={wallMs} note={t.overview.wallClock(f.duration(run.wallClockMs))} />
      </div>
    </section>
  );
}

function Figures({ a, b }: { a: Run; b: Run }) {
  const i18n = useI18n();
  const { t } = i18n;
  return (
    <Card title={t.runs.compare.sum} flush>
      <div class="runs-lines runs-figures">
        <Table<Figure>
          label={t.runs.compare.sum}
          keys={false}
          rows={figuresOf(a, b)}
          rowKey={(figure) => figure.name}
          columns={[
            { key: "name", head: t.runs.compare.figure, cell: (figure) => t.runs.compare.figures[figure.name] },
            { key: "a", head: t.runs.compare.a, align: "end", cell: (figure) => valueText(figure.a, figure.unit, i18n) },
            { key: "b", head: t.runs.compare.b, align: "end", cell: (figure) => valueText(figure.b, figure.unit, i18n) },
            { key: "by", head: t.runs.compare.difference, align: "end", cell: (figure) => differenceText(figure, i18n) },
            {
              key: "verdict",
              head: t.runs.compare.judged,
              cell: (figure) => (figure.a === figure.b ? none : <VerdictBadge verdict={figure.verdict} />),
            },
          ]}
        />
      </div>
    </Card>
  );
}

/** On phones, where each cell is a line of its own, it goes. */
const none = <span class="runs-none">–</span>;

const verdictLooks = { better: ["ok", "check"], worse: ["bad", "warn"], same: ["grey", "dash"] } as const;

function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const { t } = useI18n();
  if (!verdict) return none;
  const [tone, icon] = verdictLooks[verdict];
  return (
    <Badge tone={tone} icon={icon}>
      {t.runs.compare.verdict[verdict]}
    </Badge>
  );
}

function valueText(n: number, unit: Figure["unit"], { t, f }: I18n): string {
  if (unit === "ms") return f.duration(n);
  return unit === "perSecond" ? `${f.rate(n)} ${t.perSecond}` : f.int(n);
}

/** The difference in words: by how much, and which share of a that is. */
function differenceText({ a, b, unit }: Figure, i18n: I18n): string {
  const { t, f } = i18n;
  const text = t.runs.compare;
  if (a === b) return text.none;
  const by = valueText(Math.abs(b - a), unit, i18n);
  const share = a > 0 ? text.share((b > a ? "+" : "−") + f.percent(Math.abs(b - a) / a)) : "";
  if (unit === "ms") return b > a ? text.slower(by, share) : text.faster(by, share);
  return b > a ? text.more(by, share) : text.less(by, share);
}

interface SetupRow {
  name: string;
  a: ComponentChildren;
  b: ComponentChildren;
  same: boolean;
}

/** What both were asked for, and whether they came to the same. */
function Setup({ a, b }: { a: Run; b: Run }) {
  const i18n = useI18n();
  const { t } = i18n;
  const row = (name: string, of: (run: Run) => string, show: (run: Run) => ComponentChildren = of): SetupRow => ({
    name,
    a: show(a),
    b: show(b),
    same: of(a) === of(b),
  });
  const rows = [
    row(t.runs.fields.kind, (run) => t.runs.kind[run.kind]),
    row(
      t.runs.fields.seed,
      (run) => run.seed,
      (run) => <CopyId id={run.seed} full />,
    ),
    row(t.runs.fields.tiers, (run) => tiersText(run, i18n)),
    row(t.runs.fields.work, (run) => workText(run, i18n)),
    row(
      t.runs.digest,
      (run) => run.digest,
      (run) => <CopyId id={run.digest} />,
    ),
  ];
  const asked = rows.slice(0, 4).every((one) => one.same) && a.target === b.target;
  const digest = a.digest === b.digest ? t.runs.compare.digestSame : asked ? t.runs.compare.digestDiffers : t.runs.compare.digestUnlike;
  return (
    <Card title={t.runs.compare.setup} flush>
      <div class="runs-lines runs-setup">
        <Table<SetupRow>
          label={t.runs.compare.setup}
          keys={false}
          rows={rows}
          rowKey={(one) => one.name}
          columns={[
            { key: "name", head: t.runs.compare.figure, cell: (one) => one.name },
            { key: "a", head: t.runs.compare.a, cell: (one) => one.a },
            { key: "b", head: t.runs.compare.b, cell: (one) => one.b },
            {
              key: "same",
              head: t.runs.compare.difference,
              cell: (one) => <Badge icon={one.same ? "check" : "dash"}>{one.same ? t.runs.compare.same : t.runs.compare.different}</Badge>,
            },
          ]}
        />
      </div>
      <p class="runs-note quiet">{digest}</p>
    </Card>
  );
}
