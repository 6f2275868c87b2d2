import { useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../../app";
import { useCommands } from "../../commands";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Icon } from "../../components/icon";
import { Menu, MenuItem } from "../../components/menu";
import { ErrorState } from "../../components/states";
import { Page } from "../../layout/page";
import { setPaused } from "../../pausing";
import { useQueryChoice } from "../../router/query";
import { jobStates, type JobState, type QueueDiagnostics } from "../../wire";
import { CleanDialog, PurgeDialog, RecoverDialog, RetryDialog } from "./dialogs";
import { Health } from "./health";
import { Jobs } from "./jobs";
import { Lanes } from "./lanes";
import "./queue.css";
import { useDiagnostics } from "./usequeue";
import { Workers } from "./workers";

type Open = "clean" | "purge" | "retry" | "recover";

/** Who waits, who works, whether NORMAL may go, and what can be done about it. */
export default function Queue() {
  const { t } = useI18n();
  const queue = useDiagnostics();
  const paused = useLive((s) => s.status.paused);
  const runId = useLive((s) => s.status.lastRunId);
  const [open, setOpen] = useState<Open | undefined>();
  const [state] = useQueryChoice<JobState>("state", jobStates, "waiting");
  const { data } = queue;
  const dialog = data && { queue: data, onDone: queue.reload, onClose: () => setOpen(undefined) };
  return (
    <Page
      title={t.nav.queue}
      note={
        paused && (
          <Badge tone="warn" icon="pause">
            {t.queue.paused.badge}
          </Badge>
        )
      }
      actions={<Acts paused={paused} queue={data} open={setOpen} />}
    >
      {queue.error && !data ? (
        <Card>
          <ErrorState error={queue.error} since={queue.failingSince} retry={queue.reload} />
        </Card>
      ) : (
        <div class="stack">
          <Notices paused={paused} queue={data} failingSince={queue.error && queue.failingSince} />
          <Health failed={data?.counts.failed} runId={runId} />
          <Lanes queue={data} />
          <Workers queue={data} />
          <Jobs counts={data?.counts} />
        </div>
      )}
      {dialog && open === "clean" && <CleanDialog {...dialog} initial={state} />}
      {dialog && open === "purge" && <PurgeDialog {...dialog} />}
      {dialog && open === "retry" && <RetryDialog {...dialog} />}
      {dialog && open === "recover" && <RecoverDialog {...dialog} />}
    </Page>
  );
}

/** A server that does not tell of lanes does not count before it removes either: it would take a dry run for the act. */
function offered(queue: QueueDiagnostics | undefined): Open[] {
  return queue?.lanes ? ["retry", "recover", "clean", "purge"] : ["retry", "recover"];
}

const icons = { retry: "undo", recover: "refresh", clean: "trash", purge: "trash" } as const;

interface ActsProps {
  paused: boolean;
  queue: QueueDiagnostics | undefined;
  open(what: Open): void;
}

function Acts({ paused, queue, open }: ActsProps) {
  const app = useApp();
  const { t } = useI18n();
  const a = t.queue.acts;
  const toggle = () => void setPaused(app, !paused);
  useCommands([
    { id: "queue-pause", title: paused ? a.resume : a.pause, run: toggle },
    ...(queue ? offered(queue).map((what) => ({ id: "queue-" + what, title: a[what], run: () => open(what) })) : []),
  ]);
  return (
    <>
      <Menu label={a.more} icon="more" text={a.more}>
        {offered(queue).map((what) => (
          <MenuItem key={what} icon={icons[what]} danger={what === "clean" || what === "purge"} run={() => open(what)}>
            {a[what]}
          </MenuItem>
        ))}
      </Menu>
      <Button look={paused ? "primary" : undefined} icon={paused ? "play" : "pause"} onClick={toggle}>
        {paused ? a.resume : a.pause}
      </Button>
    </>
  );
}

/** What is out of the ordinary, with a word of why. */
function Notices({ paused, queue, failingSince }: { paused: boolean; queue: QueueDiagnostics | undefined; failingSince: number | undefined }) {
  const app = useApp();
  const { t, f } = useI18n();
  const stalled = useLive((s) => s.status.stalled);
  const waiting = queue ? queue.counts.waiting + queue.counts.delayed : 0;
  const held = queue?.counts.active ?? 0;
  return (
    <>
      {failingSince !== undefined && (
        <div class="notice tone-bad" role="alert">
          <Icon name="warn" />
          <span class="queue-notice-text">{t.queue.oldFigures(f.time(failingSince))}</span>
        </div>
      )}
      {paused && (
        <div class="notice queue-paused" role="status">
          <span class="queue-paused-mark tone-warn">
            <Icon name="pause" />
          </span>
          <span class="queue-notice-text">
            <b>{t.queue.paused.title}</b>{" "}
            {queue && (
              <span class="figures">
                {t.queue.paused.text(waiting, f.int(waiting))}
                {held > 0 && " " + t.queue.paused.held(held, f.int(held))}
              </span>
            )}
          </span>
          <Button icon="play" onClick={() => void setPaused(app, false)}>
            {t.queue.acts.resume}
          </Button>
        </div>
      )}
      {stalled && (
        <div class="notice tone-bad" role="alert">
          <Icon name="warn" />
          <span class="queue-notice-text">{t.queue.stalled(t.stallReason[stalled] ?? stalled)}</span>
        </div>
      )}
    </>
  );
}
