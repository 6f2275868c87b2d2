import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api";
import { useI18n } from "../app";
import { Button } from "./button";
import { Icon } from "./icon";

interface Props {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  foot?: ComponentChildren;
  /** Where it is given, the dialog is a form, and Enter submits it. */
  onSubmit?: () => void;
}

/**
 * Opens a dialog while its component is there. Then the focus goes back to where it was,
 * or to the page's title where that is gone: the act may have taken its button away.
 */
export function useOpened(dialog: { current: HTMLDialogElement | null }, modal = true): void {
  useLayoutEffect(() => {
    const opened = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    if (modal) opened?.showModal();
    else opened?.show();
    return () => {
      opened?.close();
      const to = before?.isConnected && before !== document.body ? before : document.querySelector<HTMLElement>("h1");
      to?.focus({ preventScroll: true });
    };
  }, []);
}

/** A modal dialog: it is open while it is rendered. Esc and the backdrop close it. */
export function Dialog({ title, onClose, children, foot, onSubmit }: Props) {
  const { t } = useI18n();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useOpened(dialog);
  // The first field, or the way out of what cannot be undone. On a phone a field would bring up its keyboard.
  useLayoutEffect(() => {
    const fine = matchMedia("(pointer: fine)").matches;
    dialog.current?.querySelector<HTMLElement>((fine ? ".dialog-body input, .dialog-body select, " : "") + ".dialog-foot button")?.focus();
  }, []);
  const inner = (
    <>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button look="plain" icon="close" label={t.act.close} onClick={onClose} />
      </div>
      <div class="dialog-body">{children}</div>
      {foot && <div class="dialog-foot">{foot}</div>}
    </>
  );
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => event.target === dialog.current && onClose()}
    >
      {onSubmit ? (
        <form onSubmit={submit} noValidate>
          {inner}
        </form>
      ) : (
        inner
      )}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** The act's name: "Cancel the run", never "OK". */
  confirm: string;
  danger?: boolean;
  /** It cannot be done, or not yet: what is said of it says why. */
  blocked?: boolean;
  /** Does it. The dialog closes when that has ended; where it rejects, it stays and says so. */
  run(): Promise<unknown> | void;
  onClose(): void;
  /** What will happen, in numbers, and what can be said to it. */
  children: ComponentChildren;
}

/** Asks before an act: what will happen is said before, a refusal where it was asked for. */
export function ConfirmDialog({ title, confirm, danger = true, blocked = false, run, onClose, children }: ConfirmProps) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | undefined>();
  const act = async () => {
    if (busy || blocked) return;
    setBusy(true);
    setRefused(undefined);
    try {
      await run();
      onClose();
    } catch (cause) {
      setBusy(false);
      setRefused(ApiError.of(cause));
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
          <Button type="submit" look={danger ? "danger-primary" : "primary"} disabled={busy || blocked}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
      {refused && <Refusal error={refused} />}
    </Dialog>
  );
}

/** The server's no, beside what it was said to. */
export function Refusal({ error }: { error: ApiError }) {
  const { t } = useI18n();
  return (
    <div class="refusal tone-bad" role="alert">
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
