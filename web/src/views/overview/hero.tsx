import { useI18n, useLive } from "../../app";
import { Icon } from "../../components/icon";
import { Stat } from "../../components/stat";
import { Stepper } from "../../components/stepper";
import { TimelineBar, type TimelinePart } from "../../components/timeline";
import { forecastOf } from "../../live/forecast";
import { stepsOfStatus } from "../../live/steps";
import { Link } from "../../router/link";
import type { Instant, Status, TimeSeries } from "../../wire";
import { rateOver } from "../runs/figures";
import { forecastText } from "./forecasttext";

/** How far the run is, how fast, and when it will be done. */
export function Hero({ status, series }: { status: Status; series: TimeSeries | undefined }) {
  const i18n = useI18n();
  const { t, f } = i18n;
  const rate = useLive((s) => s.rateNow);
  const drain = useLive((s) => s.metrics?.drain);
  const active = status.state.hasActiveGeneration;
  const forecast = forecastText(forecastOf(status, drain), i18n);
  const mine = series?.runId === undefined || series.runId === status.lastRunId ? series : undefined;
  const wallTime = f.duration(status.wallClockMs);
  const mean = rateOver(status.counts.total, status.wallClockMs);
  const peak = Math.max(mine?.peak ?? 0, rate);
  return (
    <section class="card" aria-label={t.overview.phases}>
      <Stepper
        steps={stepsOfStatus(status)}
        endNote={active ? forecast : wallTime}
        endName={status.aborted ? t.overview.cancelled : undefined}
      />
      <div class="hero">
        <div>
          <Stat
            big
            value={f.int(status.counts.total)}
            unit={status.target > 0 ? t.overview.processedOf(f.int(status.target)) : t.perSecond}
            note={
              <>
                <b>{active ? `${f.rate(rate)} ${t.perSecond}` : t.overview.meanAll(`${f.rate(mean)} ${t.perSecond}`)}</b>
                {active && ` ${t.overview.nowWord}`}
                {peak > 0 && ` · ${t.overview.peak(f.rate(peak))}`}
                {active && mean > 0 && ` · ${t.overview.mean(f.rate(mean))}`}
                {status.counts.failed > 0 && (
                  <>
                    {" · "}
                    <Link to={`/browse?run=${status.lastRunId ?? ""}&status=falhou`} class="tone-bad figure-link">
                      <Icon name="cross" /> {t.overview.failed(f.int(status.counts.failed))}
                    </Link>
                  </>
                )}
              </>
            }
          />
        </div>
        <div class="hero-time">
          <TimelineBar
            parts={partsOf(status, t.lane)}
            wallMs={status.wallClockMs}
            note={t.overview.wallClock(wallTime)}
          />
        </div>
      </div>
    </section>
  );
}

function partsOf(status: Status, names: { generation: string; vip: string; normal: string }): TimelinePart[] {
  const began = Date.parse(status.highRes.total.start ?? "") || 0;
  const part = (label: string, tone: TimelinePart["tone"], start: Instant, ms: number): TimelinePart => {
    if (!start) return { label, tone, from: 0, to: 0 };
    const from = Math.max(0, Date.parse(start) - began);
    return { label, tone, from, to: from + ms };
  };
  const { generation, vip_processing: vip, normal_processing: normal } = status.highRes;
  return [
    part(names.generation, "gen", generation.start, generation.duration),
    part(names.vip, "vip", vip.start, vip.duration),
    part(names.normal, "normal", normal.start, normal.duration),
  ];
}
