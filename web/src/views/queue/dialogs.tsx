import { useState } from "preact/hooks";
import { useApp, useI18n } from "../../app";
import { ConfirmDialog } from "../../components/dialog";
import { CheckField, SelectField, TextField } from "../../components/form";
import { jobStates, type JobState, type QueueDiagnostics } from "../../wire";
import { actsOf, type CleanWish } from "./acts";
import { Counted, useDryRun } from "./dryrun";
import { isSilent, wholeNumber } from "./facts";
import { useServerNow } from "./usequeue";

/** What the API takes at most. */
const most = { limit: 9_999_999_999, graceSeconds: 9_999_999, retry: 10_000, recover: 10_000 } as const;
/** What recover-stuck takes where nothing is said. */
const recoverDefault = "100";

interface Props {
  queue: QueueDiagnostics;
  /** After the act, and only then. */
  onDone(): void;
  onClose(): void;
}

/** Whether numbers can change while one looks at them. */
function isMoving({ counts }: QueueDiagnostics): boolean {
  return counts.active > 0 || (!counts.paused && counts.waiting + counts.delayed > 0);
}

/** Processed orders, those that were cleaned out of the job lists among them. */
function processedOf({ lanes, counts }: QueueDiagnostics): number {
  return lanes ? lanes.vip.completed + lanes.normal.completed : counts.completed;
}

export function CleanDialog({ queue, initial, onDone, onClose }: Props & { initial: JobState }) {
  const app = useApp();
  const { t, f } = useI18n();
  const [state, setState] = useState<JobState>(initial);
  const [limit, setLimit] = useState("");
  const [grace, setGrace] = useState("");
  const c = t.queue.clean;
  const limitRead = wholeNumber(limit, 1, most.limit);
  const graceRead = wholeNumber(grace, 1, most.graceSeconds);
  const valid = limitRead !== undefined && graceRead !== undefined;
  const wish: CleanWish = { state, limit: limitRead || undefined, graceMs: graceRead ? graceRead * 1000 : undefined };
  const dry = useDryRun(valid ? JSON.stringify(wish) : "", (signal) => actsOf(app).countClean(wish, signal));
  const processed = processedOf(queue);
  const options = jobStates.map((name): [JobState, string] => [name, `${t.queue.job[name]} (${f.int(queue.counts[name])})`]);
  const confirm = state === "failed" ? c.confirmFailed : state === "completed" ? c.confirmCompleted : c.confirm;
  const run = async () => {
    await actsOf(app).clean(wish);
    onDone();
  };
  return (
    <ConfirmDialog title={c.title} danger={state !== "completed"} confirm={dry.count ? confirm(dry.count, f.int(dry.count)) : t.queue.nothingTo} blocked={!dry.count} run={run} onClose={onClose}>
      <SelectField<JobState> label={c.state} value={state} options={options} onValue={setState} />
      <div class="halves">
        <TextField
          label={c.limit}
          inputMode="numeric"
          hint={c.limitHint}
          error={limitRead === undefined ? c.limitBad(f.int(most.limit)) : undefined}
          value={limit}
          onValue={setLimit}
        />
        <TextField
          label={c.grace}
          inputMode="numeric"
          hint={c.graceHint}
          error={graceRead === undefined ? c.graceBad(f.int(most.graceSeconds)) : undefined}
          value={grace}
          onValue={setGrace}
        />
      </div>
      {valid && (
        <Counted
          dry={dry}
          moving={isMoving(queue) && state !== "failed" && state !== "completed"}
          text={(n) => (
            <>
              {c.text[state](n, f.int(n))} {state !== "completed" && c.stay(processed, f.int(processed))}
            </>
          )}
        />
      )}
    </ConfirmDialog>
  );
}

export function PurgeDialog({ queue, onDone, onClose }: Props) {
  const app = useApp();
  const { t, f } = useI18n();
  const [obliterate, setObliterate] = useState(false);
  const dry = useDryRun("purge " + obliterate, (signal) => actsOf(app).countPurge(obliterate, signal));
  const processed = processedOf(queue);
  const p = t.queue.purge;
  const run = async () => {
    await actsOf(app).purge(obliterate);
    onDone();
  };
  return (
    <ConfirmDialog title={p.title} danger confirm={dry.count ? p.confirm(dry.count, f.int(dry.count)) : t.queue.nothingTo} blocked={!dry.count} run={run} onClose={onClose}>
      {queue.counts.failed > 0 && (
        <CheckField label={p.obliterate} hint={p.obliterateHint(f.int(queue.counts.failed))} checked={obliterate} onChecked={setObliterate} />
      )}
      <Counted
        dry={dry}
        moving={isMoving(queue)}
        text={(n) => (
          <>
            {(obliterate ? p.textAll : p.text)(n, f.int(n))} {p.stay(processed, f.int(processed))}
          </>
        )}
      />
    </ConfirmDialog>
  );
}

export function RetryDialog({ queue, onDone, onClose }: Props) {
  const app = useApp();
  const { t, f } = useI18n();
  const { failed } = queue.counts;
  const [limit, setLimit] = useState(String(Math.min(failed, most.retry)));
  const read = wholeNumber(limit, 1, most.retry);
  const n = read ? Math.min(read, failed) : 0;
  const r = t.queue.retry;
  const run = async () => {
    await actsOf(app).retry(read || 1);
    onDone();
  };
  return (
    <ConfirmDialog title={r.title} danger={false} confirm={n > 0 ? r.confirm(n, f.int(n)) : t.queue.nothingTo} blocked={n === 0} run={run} onClose={onClose}>
      {failed === 0 ? (
        <p>{r.none}</p>
      ) : (
        <>
          <TextField label={r.limit} inputMode="numeric" hint={r.limitHint} error={read ? undefined : r.limitBad(f.int(most.retry))} value={limit} onValue={setLimit} />
          {n > 0 && <p class="figures">{r.text(n, f.int(n), f.int(failed))}</p>}
        </>
      )}
    </ConfirmDialog>
  );
}

export function RecoverDialog({ queue, onDone, onClose }: Props) {
  const app = useApp();
  const { t, f } = useI18n();
  const now = useServerNow();
  const [limit, setLimit] = useState(recoverDefault);
  const read = wholeNumber(limit, 1, most.recover);
  const silent = queue.workerList?.filter((worker) => isSilent(worker, now)).length ?? 0;
  const r = t.queue.recover;
  const run = async () => {
    await actsOf(app).recover(read || 1);
    onDone();
  };
  return (
    <ConfirmDialog title={r.title} danger={false} confirm={r.confirm} blocked={!read} run={run} onClose={onClose}>
      <p>{r.text}</p>
      {queue.workerList && <p class="figures">{silent > 0 ? r.silent(silent, f.int(silent)) : r.noneSilent}</p>}
      <TextField label={r.limit} inputMode="numeric" error={read ? undefined : r.limitBad(f.int(most.recover))} value={limit} onValue={setLimit} />
    </ConfirmDialog>
  );
}
