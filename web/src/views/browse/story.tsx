import type { ComponentChildren } from "preact";
import { useApp, useI18n } from "../../app";
import { OrderStatusBadge, PriorityBadge } from "../../components/badge";
import { CopyId } from "../../components/copyid";
import { Drawer } from "../../components/drawer";
import { Icon, type IconName } from "../../components/icon";
import { Pairs } from "../../components/pairs";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Time } from "../../components/time";
import { useTurn } from "../../live/turn";
import { useResource } from "../../resource";
import { Link } from "../../router/link";
import { shortId } from "../../text";
import type { Order, Story, StoryEvent } from "../../wire";

interface Props {
  id: string;
  onClose(): void;
  /** Counts up when the order may have changed for another reason than the run's. */
  turn?: number;
  /** What can be done with it, above all else. */
  acts?: (story: Story) => ComponentChildren;
}

/** One order, with what became of it. */
export function OrderDrawer({ id, onClose, turn = 0, acts }: Props) {
  const { api } = useApp();
  const { t } = useI18n();
  const live = useTurn(2000);
  const story = useResource(`story ${id} ${turn} ${live}`, (signal) => api.get<Story>(`pedidos/${encodeURIComponent(id)}/story`, {}, signal));
  // The last answer may be of the order that was open before.
  const gone = story.error?.status === 404;
  const told = !gone && (story.data?.order.id === id || (story.data && !story.loading)) ? story.data : undefined;
  return (
    <Drawer title={t.browse.story.title(shortId(id))} onClose={onClose}>
      {gone && <Empty title={t.browse.story.none} text={story.error?.message ?? ""} />}
      {!told && story.error && !gone && <ErrorState error={story.error} since={story.failingSince} retry={story.reload} />}
      {!told && !story.error && <Loading lines={10} />}
      {told && (
        <>
          {acts?.(told)}
          <Details story={told} />
          <section class="stack-small">
            <h3>{t.browse.story.way}</h3>
            <Way events={told.events} />
          </section>
        </>
      )}
    </Drawer>
  );
}

function Details({ story: { order, deadLetter } }: { story: Story }) {
  const { t, f } = useI18n();
  const texts = t.browse.story;
  const rows: [string, ComponentChildren][] = [
    [texts.id, <CopyId id={order.id} full />],
    ...(order.ref && order.ref !== order.id ? [[texts.ref, <CopyId id={order.ref} full />] as [string, ComponentChildren]] : []),
    [
      t.browse.status,
      <span class="row">
        <OrderStatusBadge status={order.status} />
        {texts.attempts(order.attempts, f.int(order.attempts))}
      </span>,
    ],
    [
      t.browse.priority,
      <span class="row">
        <PriorityBadge priority={order.priority} />
        {t.tier[order.tier]}
      </span>,
    ],
    [t.browse.customer, order.cliente],
    [t.browse.columns.amount, f.money(order.valor)],
    ...(order.observacoes ? [[texts.note, order.observacoes] as [string, ComponentChildren]] : []),
    ...(order.reason ? [[texts.reason, <code>{order.reason}</code>] as [string, ComponentChildren]] : []),
    ...(deadLetter && order.status === "falhou"
      ? [[texts.group, <Link to={`/failures?group=${encodeURIComponent(deadLetter.group)}`}>{deadLetter.group}</Link>] as [string, ComponentChildren]]
      : []),
    ...(deadLetter && deadLetter.redriven > 0
      ? [[texts.redriven, texts.redrivenTimes(deadLetter.redriven, f.int(deadLetter.redriven))] as [string, ComponentChildren]]
      : []),
    [texts.run, <RunLink order={order} />],
    [texts.createdAt, <Time at={order.createdAt} />],
    [texts.settledAt, <Time at={order.processedAt} />],
  ];
  return <Pairs start rows={rows} />;
}

function RunLink({ order }: { order: Order }) {
  return (
    <Link to={`/runs/${order.runId}`} title={order.runId}>
      <span class="mono">{shortId(order.runId)}</span>
    </Link>
  );
}

const looks: Record<StoryEvent["kind"], [string, IconName]> = {
  accepted: ["", "down"],
  waiting: ["", "clock"],
  failed: ["tone-warn", "warn"],
  redriven: ["", "undo"],
  processed: ["tone-ok", "check"],
  dead: ["tone-bad", "cross"],
  removed: ["", "dash"],
};

/** What happened to an order, oldest first. */
function Way({ events }: { events: readonly StoryEvent[] }) {
  const { t, f } = useI18n();
  const texts = t.browse.story;
  return (
    <ol class="way">
      {events.map((event, i) => {
        const [tone, icon] = looks[event.kind];
        const since = gapBefore(events, i);
        return (
          <li key={i} class="way-step">
            <span class={"way-mark " + tone}>
              <Icon name={icon} />
            </span>
            <div class="way-head">
              <b>{texts.kinds[event.kind]}</b>
              <span class="quiet figures">
                {event.at ? <Time at={event.at} as="clock" /> : event.kind !== "waiting" && texts.noTime}
                {since !== undefined && ", " + texts.after(f.duration(since))}
              </span>
            </div>
            <p class="quiet">{event.text}</p>
          </li>
        );
      })}
    </ol>
  );
}

/** Milliseconds since the last event before it whose instant is known. */
function gapBefore(events: readonly StoryEvent[], at: number): number | undefined {
  const here = events[at]?.at;
  const before = events.slice(0, at).findLast((event) => event.at !== null)?.at;
  return here && before ? Date.parse(here) - Date.parse(before) : undefined;
}
