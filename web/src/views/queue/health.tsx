import type { ComponentChildren } from "preact";
import { useI18n } from "../../app";
import { Badge, type Tone } from "../../components/badge";
import { Icon, type IconName } from "../../components/icon";
import { ErrorState, Loading } from "../../components/states";
import { Link } from "../../router/link";
import type { QueueCondition, QueueHealth } from "../../wire";
import { Instant } from "./instant";
import { useHealth } from "./usequeue";

const looks: Record<QueueCondition, [Tone, IconName]> = {
  healthy: ["ok", "check"],
  degraded: ["warn", "warn"],
  paused: ["warn", "pause"],
  aborted: ["warn", "dash"],
  error: ["bad", "cross"],
  unhealthy: ["bad", "cross"],
};

/** How the queue is, why, and what to do about it. */
export function Health({ failed, runId }: { failed: number | undefined; runId: string | undefined }) {
  const { t } = useI18n();
  const health = useHealth();
  const { data, error } = health;
  const [tone, icon] = data ? looks[data.status] : [];
  return (
    <section class="card health" aria-label={t.queue.health.title}>
      {error && !data && <ErrorState error={error} since={health.failingSince} retry={health.reload} />}
      {!error && !data && <Loading lines={1} />}
      {data && tone && icon && (
        <>
          <p class="health-text" role="status">
            <Badge tone={tone} icon={icon}>
              {t.queue.health.word[data.status]}
            </Badge>
            <span>
              {t.queue.health.text[data.status]} <Way condition={data.status} runId={runId} />
            </span>
          </p>
          <Checks health={data} failed={failed} />
        </>
      )}
    </section>
  );
}

/** Where to look next. */
function Way({ condition, runId }: { condition: QueueCondition; runId: string | undefined }) {
  const { t } = useI18n();
  if (condition === "degraded") return <Link to="/failures">{t.nav.failures}</Link>;
  if (condition === "unhealthy") return <Link to="/logs?levels=error">{t.nav.logs}</Link>;
  if ((condition === "error" || condition === "aborted") && runId) return <Link to={"/runs/" + runId}>{t.nav.runs}</Link>;
  return null;
}

function Checks({ health, failed }: { health: QueueHealth; failed: number | undefined }) {
  const { t, f } = useI18n();
  const h = t.queue.health;
  const rows: [string, ComponentChildren][] = [[h.responds, <Mark good={health.queue.connected} word={health.queue.connected ? t.yes : t.no} />]];
  if (health.checks) {
    const { isStuck, hasFailedJobs, aborted } = health.checks;
    rows.push(
      [h.moving, <Mark good={!isStuck} word={isStuck ? h.stuck : t.yes} />],
      [h.failures, hasFailedJobs ? <Link to="/failures">{failed ? f.int(failed) : t.yes}</Link> : <Mark good word={t.none} />],
      [h.cancelled, aborted ? h.wasCancelled : h.notCancelled],
    );
  }
  rows.push([h.at, <Instant at={health.timestamp} />]);
  return (
    <dl class="health-checks figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Mark({ good, word }: { good: boolean; word: string }) {
  return (
    <span class={good ? "health-mark tone-ok" : "health-mark tone-bad"}>
      <Icon name={good ? "check" : "cross"} />
      {word}
    </span>
  );
}
