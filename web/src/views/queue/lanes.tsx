import type { ComponentChildren } from "preact";
import { useApp, useI18n } from "../../app";
import { Badge } from "../../components/badge";
import { Card } from "../../components/card";
import { Icon } from "../../components/icon";
import { Stat } from "../../components/stat";
import { Loading } from "../../components/states";
import { Link } from "../../router/link";
import type { LaneState, Priority, QueueDiagnostics } from "../../wire";
import { gateFacts, laneWord, settledShare, type GateFacts } from "./facts";

const states = ["waiting", "active", "delayed", "completed", "failed", "removed"] as const;

/** The two lanes as they stand to each other: VIP, the gate, NORMAL. */
export function Lanes({ queue }: { queue: QueueDiagnostics | undefined }) {
  const { t } = useI18n();
  const facts = queue && gateFacts(queue);
  return (
    <Card title={t.queue.lanes.title} note={<span class="hint">{t.queue.lanes.note}</span>} flush>
      {queue?.lanes && facts ? (
        <>
          <Lane priority="VIP" lane={queue.lanes.vip} shut={facts.shut} paused={queue.counts.paused} />
          <Gate facts={facts} />
          <Lane priority="NORMAL" lane={queue.lanes.normal} shut={facts.shut} paused={queue.counts.paused} />
        </>
      ) : (
        <LanesToCome />
      )}
    </Card>
  );
}

interface LaneProps {
  priority: Priority;
  lane: LaneState;
  shut: boolean;
  paused: boolean;
}

function Lane({ priority, lane, shut, paused }: LaneProps) {
  const { t, f } = useI18n();
  const word = laneWord(priority, lane, shut, paused);
  const { all, settled } = settledShare(lane);
  const { blocks } = lane;
  return (
    <section class={"lane lane-of-" + priority.toLowerCase()} aria-label={t.priority[priority]}>
      <div class="lane-name">
        <div class="row">
          <Badge tone={priority === "VIP" ? "vip" : "normal"}>{t.priority[priority]}</Badge>
          {word === "paused" ? (
            <Badge tone="warn" icon="pause">
              {t.queue.lanes.word.paused}
            </Badge>
          ) : (
            <span class="quiet">{t.queue.lanes.word[word]}</span>
          )}
        </div>
        <span class="hint figures" title={t.queue.lanes.blocksHint}>
          {t.queue.lanes.blocks(f.int(blocks.ready), f.int(blocks.claimed), f.int(blocks.delayed))}
        </span>
      </div>
      <div class="lane-figures">
        {states.map((state) => (
          <Stat key={state} label={t.queue.job[state]} value={<Count n={lane[state]} priority={priority} state={state} />} />
        ))}
      </div>
      <div class="lane-share figures">
        <ShareBar priority={priority} lane={lane} all={all} />
        <span class="hint">{all === 0 ? "–" : t.queue.lanes.settled(f.percent(settled))}</span>
      </div>
    </section>
  );
}

/** A number, and the way to the rows behind it: in the list below for what the queue holds, else among the orders of all runs. */
function Count({ n, priority, state }: { n: number; priority: Priority; state: (typeof states)[number] }): ComponentChildren {
  const { router } = useApp();
  const { f } = useI18n();
  if (n === 0) return <span class="zero">0</span>;
  if (state === "completed" || state === "failed" || state === "removed") {
    const status = { completed: "processado", failed: "falhou", removed: "removido" }[state];
    return <Link to={`/browse?run=all&priority=${priority}&status=${status}`}>{f.int(n)}</Link>;
  }
  const toJobs = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    router.setQuery({ state, rows: undefined, job: undefined }, { push: true });
    document.getElementById("jobs")?.scrollIntoView();
  };
  return (
    <a href={router.href("/queue?state=" + state)} onClick={toJobs}>
      {f.int(n)}
    </a>
  );
}

/** What of a lane is settled, and how it ended. The words beside it say the same. */
function ShareBar({ priority, lane, all }: { priority: Priority; lane: LaneState; all: number }) {
  const parts = [
    ["fill-" + priority.toLowerCase(), lane.completed],
    ["fill-bad", lane.failed],
    ["fill-grey", lane.removed],
  ] as const;
  return (
    <div class="lane-bar" aria-hidden="true">
      {all > 0 && parts.map(([fill, n]) => n > 0 && <span key={fill} class={fill} style={{ width: `${(n / all) * 100}%` }} />)}
    </div>
  );
}

/** Whether NORMAL may go, in words. A change is said to those who do not see it. */
function Gate({ facts }: { facts: GateFacts }) {
  const { t, f } = useI18n();
  const { shut, vip, retrying, normal } = facts;
  const g = t.queue.gate;
  const text = shut ? (normal > 0 ? g.waits : g.wouldWait)(vip, f.int(vip)) : normal > 0 ? g.mayGo : g.nothing;
  return (
    <div class={shut ? "lane-gate is-shut" : "lane-gate"} title={t.gate.hint}>
      <span class={shut ? "tone-vip" : "tone-ok"}>
        <Icon name={shut ? "lock" : "unlock"} />
      </span>
      <b role="status">{shut ? g.shut : g.open}</b>
      <span class="quiet figures">
        {text}
        {shut && retrying > 0 && " " + g.retrying(retrying, f.int(retrying))}
      </span>
    </div>
  );
}

function LanesToCome() {
  return (
    <>
      <Loading lines={3} />
      <div class="lane-gate" />
      <Loading lines={3} />
    </>
  );
}
