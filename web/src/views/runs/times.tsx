import { useI18n } from "../../app";
import { Card } from "../../components/card";
import { Table } from "../../components/table";
import { Time } from "../../components/time";
import type { Instant, Run } from "../../wire";
import { gapOf, rateOver, settledOf } from "./figures";

interface Row {
  name: string;
  means: string;
  start: Instant;
  end: Instant;
  ms: number;
  /** A time of 0 is a short one, not one that has yet to come. */
  ended: boolean;
  orders?: number;
}

/** Every time of a run, with what it measures: they overlap, and do not add up to the clock's. */
export function Times({ run }: { run: Run }) {
  const { t, f } = useI18n();
  const text = t.runs.timing;
  // On phones, where each cell is a line of its own, these go.
  const none = <span class="runs-none">–</span>;
  const now = Date.parse(run.createdAt) + run.wallClockMs;
  const openText = (row: Row) => {
    if (run.status !== "running") return text.never;
    return row.start ? t.soFar(f.duration(Math.max(0, now - Date.parse(row.start)))) : text.open;
  };
  const instant = (at: Instant) => (at ? <Time at={at} as="clock" /> : none);
  return (
    <Card title={t.runs.timings} flush>
      <div class="runs-lines runs-times">
        <Table<Row>
          label={t.runs.timings}
          keys={false}
          rows={useRows(run)}
          rowKey={(row) => row.name}
          columns={[
            {
              key: "stage",
              head: text.stage,
              cell: (row) => (
                <>
                  <b>{row.name}</b>
                  <span class="hint">{row.means}</span>
                </>
              ),
            },
            { key: "start", head: text.start, align: "end", cell: (row) => instant(row.start) },
            { key: "end", head: text.end, align: "end", cell: (row) => instant(row.end) },
            {
              key: "ms",
              head: text.ms,
              align: "end",
              cell: (row) => (row.ended ? <b>{f.duration(row.ms)}</b> : <span class="quiet">{openText(row)}</span>),
            },
            { key: "orders", head: text.orders, align: "end", cell: (row) => (row.orders === undefined ? none : f.int(row.orders)) },
            {
              key: "rate",
              head: text.rate,
              align: "end",
              cell: (row) => (row.orders === undefined || !row.ended || row.ms === 0 ? none : f.rate(rateOver(row.orders, row.ms))),
            },
          ]}
        />
      </div>
    </Card>
  );
}

function useRows(run: Run): Row[] {
  const { t, f } = useI18n();
  const names = t.runs.timing;
  const means = t.runs.timingMeans;
  const gap = gapOf(run);
  const settled = settledOf(run);
  const generatedAt = run.generationTimeMs > 0 ? new Date(Date.parse(run.createdAt) + run.generationTimeMs).toISOString() : null;
  const over = run.status !== "running";
  const past = (...phases: Run["phase"][]) => !phases.includes(run.phase) && (over ? generatedAt !== null : true);
  return [
    {
      name: names.generation,
      means: means.generation,
      start: run.createdAt,
      end: generatedAt,
      ms: run.generationTimeMs,
      ended: generatedAt !== null,
      orders: run.generated,
    },
    {
      name: names.enqueueVip,
      means: means.enqueueVip,
      start: null,
      end: null,
      ms: run.enqueueVipTimeMs,
      ended: past("GENERATING", "ENQUEUE_VIP"),
    },
    {
      name: names.vip,
      means: means.vip,
      start: run.startVIP,
      end: run.endVIP,
      ms: run.processingTimeVIPMs,
      ended: run.endVIP !== null,
      orders: run.totalProcessedVIP,
    },
    {
      name: names.enqueueNormal,
      means: means.enqueueNormal,
      start: null,
      end: null,
      ms: run.enqueueNormalTimeMs,
      ended: run.startNormal !== null,
    },
    {
      name: names.normal,
      means: means.normal,
      start: run.startNormal,
      end: run.endNormal,
      ms: run.processingTimeNormalMs,
      ended: run.endNormal !== null,
      orders: run.totalProcessedNormal,
    },
    { name: names.total, means: means.total, start: null, end: null, ms: run.totalTimeMs, ended: over, orders: settled },
    {
      name: names.wallClock,
      means: gap > 0 ? means.wallClockGaps(f.duration(gap)) : means.wallClock,
      start: run.createdAt,
      end: run.endedAt,
      ms: run.wallClockMs,
      ended: over,
      orders: settled,
    },
  ];
}
