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
  const { api } = useApp();
  const active = useLive((s) => s.status.state.hasActiveGeneration);
  const phase = useLive((s) => (s.status.lastRunId ?? "") + s.status.state.memoryPhase + String(s.status.paused));
  const frozen = useLive((s) => s.mode === "paused");
  return useResource(phase, (signal) => api.get<QueueDiagnostics>("diagnostics/queue", {}, signal), active && !frozen ? 1000 : undefined)
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
  const rows = `/browse?run=${run}&priority=${priority}`;
  const number = (n: number | undefined, to: string): ComponentChildren =>
    n === undefined ? "–" : n === 0 ? "0" : <Link to={to}>{f.int(n)}</Link>;
  const word = laneWord(priority, status, unsettled(lane));
  const tone = priority === "VIP" ? "vip" : "normal";
  return (
    <Card title={t.priority[priority]} note={<Badge tone={word === "paused" ? "warn" : tone}>{t.overview.laneState[word]}</Badge>}>
      <Pairs
        rows={[
          [t.overview.settled, number(settled, rows)],
          [t.overview.waiting, number(lane?.waiting, rows + "&status=pendente")],
          [t.overview.inHand, number(lane?.active, "/queue")],
          [t.overview.retrying, number(lane?.delayed, "/queue")],
          [t.overview.deadLetters, number(lane?.failed, "/failures")],
        ]}
      />
    </Card>
  );
}
