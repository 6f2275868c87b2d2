import { useI18n, useLive } from "../../app";
import { Stat } from "../../components/stat";
import { Stepper } from "../../components/stepper";
import { TimelineBar } from "../../components/timeline";
import { stepsOfRun, stepsOfStatus } from "../../live/steps";
import type { Run, TimeSeries } from "../../wire";
import { partsOf, rateOver, settledOf, sizeOf } from "./figures";

/** The run's phases, how much of it is settled, and how fast that went. */
export function RunHero({ run, series }: { run: Run; series: TimeSeries | undefined }) {
  const { t, f } = useI18n();
  const active = run.status === "running";
  const status = useLive((s) => (s.status.lastRunId === run.runId && s.status.state.hasActiveGeneration ? s.status : undefined));
  const now = useLive((s) => (status ? s.rateNow : 0));
  const steps = status ? stepsOfStatus(status) : stepsOfRun(run, series?.phases);
  const settled = settledOf(run);
  const mean = `${f.rate(rateOver(settled, run.wallClockMs))} ${t.perSecond}`;
  const time = f.duration(run.wallClockMs);
  const peak = series?.peak ?? 0;
  return (
    <section class="card" aria-label={t.overview.phases}>
      <Stepper steps={steps} endNote={active ? undefined : time} endName={run.aborted ? t.overview.cancelled : undefined} />
      <div class="hero">
        <Stat
          big
          value={f.int(settled)}
          unit={t.overview.processedOf(f.int(sizeOf(run)))}
          note={
            <>
              <b>{status ? `${f.rate(now)} ${t.perSecond} ${t.overview.nowWord}` : mean}</b>
              {" · "}
              {active ? t.runs.running(time) : t.runs.before(time)}
              {status && ` · ${t.overview.mean(mean)}`}
              {peak > 0 && ` · ${t.overview.peak(f.rate(peak))}`}
            </>
          }
        />
        <TimelineBar parts={partsOf(run, t.lane)} wallMs={run.wallClockMs} note={t.overview.wallClock(time)} />
      </div>
    </section>
  );
}
