import type { ComponentChildren } from "preact";
import { useApp, useI18n, useLive } from "../../app";
import { Badge } from "../../components/badge";
import { Card } from "../../components/card";
import { Pairs } from "../../components/pairs";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import type { LaneState, Priority, QueueDiagnostics, Status } from "../../wire";
import { laneWord } from "./laneword";

/** What the queue says of both lanes; once a second while a run is active. */
export function useQueue() {
  const { api, boot } = useApp();
  const active = useLive((s) => s.status.state.hasActiveGeneration);
  const phase = useLive((s) => (s.status.lastRunId ?? "") + s.status.state.memoryPhase + String(s.status.paused));
  const frozen = useLive((s) => s.mode === "paused");
  const paused = useLive((s) => s.status.paused);
  return useResource(phase, (signal) => api.get<QueueDiagnostics>("diagnostics/queue", {}, signal), active && !frozen ? (paused ? boot.refreshMs : 1000) : undefined)
    .data;
}

/** The orders that are accepted and not settled. */
export function unsettled(lane: LaneState | undefined): number | undefined {
  return lane && lane.waiting + lane.active + lane.delayed;
}

/** One lane: how many orders are where. Numbers lead to the rows behind them. */
export function LaneCard({ priority, status, lane }: { priority: Priority; status: Status; lane: LaneState | undefined }) {
  const { t, f } = useI18n();
  const settled = priority === "VIP" ? status.counts.vip : status.counts.normal;
  const run = status.lastRunId ?? "";
  // Settled orders that failed are of another status than the others: then the rows of both.
  const rows = `/browse?run=${run}&priority=${priority}` + (status.counts.failed === 0 ? "&status=processado" : "");
  const number = (n: number | undefined, to: string): ComponentChildren =>
    n === undefined ? "–" : n === 0 ? "0" : <Link to={to}>{f.int(n)}</Link>;
  const word = laneWord(priority, status, unsettled(lane));
  const tone = priority === "VIP" ? "vip" : "normal";
  return (
    <Card title={t.priority[priority]} note={<Badge tone={word === "paused" ? "warn" : tone}>{t.overview.laneState[word]}</Badge>}>
      <Pairs
        rows={[
          [t.overview.settled, number(settled, rows)],
          [t.queue.job.waiting, number(lane?.waiting, "/queue?state=waiting")],
          [t.queue.job.active, number(lane?.active, "/queue?state=active")],
          [t.queue.job.delayed, number(lane?.delayed, "/queue?state=delayed")],
          [t.overview.deadLetters, number(lane?.failed, "/failures")],
        ]}
      />
    </Card>
  );
}
