import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../../api";
import { useI18n } from "../../app";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Icon } from "../../components/icon";
import { useResource } from "../../resource";
import { refusalOf } from "./acts";

interface Props {
  title: string;
  /** What the act's button says; undefined where there is nothing to do it to. */
  confirm: string | undefined;
  danger: boolean;
  /** Does it. A refusal stays in the dialog. */
  run(): Promise<void>;
  onClose(): void;
  children: ComponentChildren;
}

/** A form that ends in an act: what will happen is said before, a refusal where it was asked for. */
export function ActDialog({ title, confirm, danger, run, onClose, children }: Props) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ApiError | undefined>();
  const act = async () => {
    if (confirm === undefined || busy) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      await run();
      onClose();
    } catch (error) {
      setRefusal(refusalOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void act()}
      foot={
        <>
          <Button onClick={onClose}>{t.act.keep}</Button>
          <Button type="submit" look={danger ? "danger-primary" : "primary"} disabled={busy || confirm === undefined}>
            {confirm ?? t.queue.nothingTo}
          </Button>
        </>
      }
    >
      {children}
      {refusal && <Refusal error={refusal} />}
    </Dialog>
  );
}

export function Refusal({ error }: { error: ApiError }) {
  const { t } = useI18n();
  return (
    <div class="act-refusal tone-bad" role="alert">
      <Icon name="cross" />
      <span>
        <b>{error.status === 0 ? t.error.noAnswer : error.title}</b>
        {error.status !== 0 && error.detail && <> {error.detail}</>}
        {error.errors.map((field) => (
          <span key={field.parameter}> {`${field.parameter}: ${field.allowed}.`}</span>
        ))}
      </span>
    </div>
  );
}

export interface DryRun {
  /** undefined while it is being counted, and after a failure. */
  count: number | undefined;
  error: ApiError | undefined;
}

const settleMs = 250;

/** Counts what an act would take, again whenever `key` has changed and stayed so for a moment; not while it is "". */
export function useDryRun(key: string, count: (signal: AbortSignal) => Promise<number>): DryRun {
  const [settled, setSettled] = useState(key);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(key), settleMs);
    return () => clearTimeout(timer);
  }, [key]);
  const counted = useResource(settled, async (signal) => ({ key: settled, n: settled === "" ? 0 : await count(signal) }));
  if (settled !== key || key === "") return { count: undefined, error: undefined };
  if (counted.error) return { count: undefined, error: counted.error };
  return { count: counted.data?.key === key ? counted.data.n : undefined, error: undefined };
}

/** What the dry run has found, as a sentence. */
export function Counted({ dry, moving, text }: { dry: DryRun; moving: boolean; text(n: number): ComponentChildren }) {
  const { t } = useI18n();
  return (
    <>
      <p class="counted figures" role="status">
        {dry.count === undefined ? !dry.error && t.queue.counting : text(dry.count)}
      </p>
      {moving && dry.count !== undefined && <p class="hint">{t.queue.moving}</p>}
      {dry.error && <Refusal error={dry.error} />}
    </>
  );
}
