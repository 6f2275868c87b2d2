import { useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../../app";
import { useCommands } from "../../commands";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { ConfirmDialog } from "../../components/dialog";
import { Icon } from "../../components/icon";
import { Menu, MenuItem } from "../../components/menu";
import { Empty } from "../../components/states";
import { Page } from "../../layout/page";
import { forecastOf, isTrouble } from "../../live/forecast";
import { gateOf } from "../../live/gate";
import { useTimeSeries } from "../../live/timeseries";
import { useResource } from "../../resource";
import { shortId } from "../../text";
import type { QueueDiagnostics, RunPage, Status } from "../../wire";
import { setPaused } from "../../pausing";
import { actsOf } from "./acts";
import { troubleText } from "./forecasttext";
import { GateChip } from "./gatechip";
import { Hero } from "./hero";
import { LaneCard, unsettled, useQueue } from "./lanes";
import { NewRunDialog } from "./newrundialog";
import "./overview.css";
import { LastLines, RecentRuns } from "./side";
import { Throughput } from "./throughput";

interface OfRunProps {
  status: Status;
  queue: QueueDiagnostics | undefined;
}

type Open = "new" | "cancel" | "reset" | undefined;

/** Is it running, how far, how fast, when is it done, which lane, what failed. */
export default function Overview() {
  const { t } = useI18n();
  const status = useLive((s) => s.status);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const run = status.lastRunId;
  const queue = useQueue();
  return (
    <Page
      title={run ? t.overview.run(shortId(run)) : t.nav.overview}
      ownPhases
      note={run && <Gate status={status} queue={queue} />}
      actions={<Acts status={status} open={setOpen} />}
    >
      {run ? <OfRun status={status} queue={queue} /> : <NoRun start={() => setOpen("new")} />}
      {open === "new" && <NewRunDialog onClose={close} />}
      {open === "cancel" && <CancelDialog status={status} onClose={close} />}
      {open === "reset" && <ResetDialog onClose={close} />}
    </Page>
  );
}

function Gate({ status, queue }: OfRunProps) {
  const depth = useLive((s) => s.metrics?.depth.vip);
  return <GateChip gate={gateOf(status, unsettled(queue?.lanes?.vip) ?? depth)} />;
}

function OfRun({ status, queue }: OfRunProps) {
  const series = useTimeSeries("run").data;
  return (
    <div class="stack">
      <Notices status={status} />
      <Hero status={status} series={series} />
      <div class="columns">
        <div class="stack">
          <div class="halves">
            <LaneCard priority="VIP" status={status} lane={queue?.lanes?.vip} />
            <LaneCard priority="NORMAL" status={status} lane={queue?.lanes?.normal} />
          </div>
          <Throughput series={series} />
        </div>
        <div class="stack">
          <RecentRuns />
          <LastLines />
        </div>
      </div>
    </div>
  );
}

/** What is out of the ordinary, with a word of why. */
function Notices({ status }: { status: Status }) {
  const i18n = useI18n();
  const { t, f } = i18n;
  const app = useApp();
  const drain = useLive((s) => s.metrics?.drain);
  const forecast = forecastOf(status, drain);
  return (
    <>
      {isTrouble(forecast) && (
        <div class="notice tone-warn" role="status">
          <Icon name="warn" />
          <span class="notice-text">{troubleText(forecast, i18n)}</span>
        </div>
      )}
      {status.paused && (
        <div class="notice tone-warn" role="status">
          <Icon name="pause" />
          <span class="notice-text">{t.overview.pausedText}</span>
          <Button small onClick={() => void setPaused(app, false)}>
            {t.overview.actions.resume}
          </Button>
        </div>
      )}
      {status.aborted && (
        <div class="notice" role="status">
          <Icon name="dash" />
          {t.overview.cancelledText(f.int(status.counts.removed))}
        </div>
      )}
      {status.error && !status.aborted && (
        <div class="notice tone-bad" role="alert">
          <Icon name="cross" />
          <span class="notice-text">{t.overview.failedBecause(status.error.message)}</span>
        </div>
      )}
    </>
  );
}

function NoRun({ start }: { start(): void }) {
  const { t } = useI18n();
  return (
    <div class="stack">
      <Card>
        <Empty title={t.overview.empty} text={t.overview.emptyText}>
          <Button look="primary" icon="play" onClick={start}>
            {t.overview.actions.newRun}
          </Button>
        </Empty>
      </Card>
      <LastLines />
    </div>
  );
}

function Acts({ status, open }: { status: Status; open(what: Open): void }) {
  const app = useApp();
  const { t } = useI18n();
  const text = t.overview.actions;
  const pause = () => void setPaused(app, !status.paused);
  const active = status.state.hasActiveGeneration;
  useCommands([
    { id: "new-run", title: text.newRun, run: () => open("new") },
    { id: "pause-queue", title: status.paused ? text.resume : text.pause, run: pause },
    ...(active ? [{ id: "cancel-run", title: text.cancel, run: () => open("cancel") }] : []),
    { id: "reset", title: text.reset, run: () => open("reset") },
  ]);
  return (
    <>
      <Menu label={text.more} icon="more" look="plain">
        <MenuItem icon="trash" danger run={() => open("reset")}>
          {text.reset}
        </MenuItem>
      </Menu>
      {active && (
        <Button look="danger" onClick={() => open("cancel")}>
          {text.cancel}
        </Button>
      )}
      <Button icon={status.paused ? "play" : "pause"} onClick={pause}>
        {status.paused ? text.resume : text.pause}
      </Button>
      <Button look="primary" onClick={() => open("new")}>
        {text.newRun}
      </Button>
    </>
  );
}

function CancelDialog({ status, onClose }: { status: Status; onClose(): void }) {
  const app = useApp();
  const { t, f } = useI18n();
  const { pending, total } = status.counts;
  const text = t.overview.cancel;
  return (
    <ConfirmDialog
      title={text.title}
      confirm={text.confirm}
      run={() => actsOf(app).cancel()}
      onClose={onClose}
    >
      <p class="figures">{text.text(pending, f.int(pending), f.int(total))}</p>
      {!status.paused && <p class="hint">{t.queue.moving}</p>}
    </ConfirmDialog>
  );
}

function ResetDialog({ onClose }: { onClose(): void }) {
  const app = useApp();
  const { t, f } = useI18n();
  const page = useResource("reset", (signal) => app.api.get<RunPage>("pedidos/runs", { limit: 100 }, signal));
  const count = page.data?.count ?? 0;
  const runs = page.data ? t.overview.reset.runs(count, f.int(count), Boolean(page.data.nextCursor)) : t.nav.runs;
  return (
    <ConfirmDialog
      title={t.overview.reset.title}
      confirm={t.overview.reset.confirm}
      run={() => actsOf(app).reset()}
      onClose={onClose}
    >
      <p>{t.overview.reset.text(runs)}</p>
    </ConfirmDialog>
  );
}
