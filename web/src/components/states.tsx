import type { ComponentChildren } from "preact";
import { useI18n } from "../app";
import type { ApiError } from "../api";
import { reasonOf } from "../text";
import { Button } from "./button";

/** There is nothing yet, and what to do about it. */
export function Empty({ title, text, children }: { title: string; text?: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div class="row">{children}</div>}
    </div>
  );
}

/** The shape of what is coming: so many lines of it. */
export function Loading({ lines = 4 }: { lines?: number }) {
  const { t } = useI18n();
  return (
    <div role="status">
      <span class="hidden-text">{t.loading}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class="skeleton" style={{ width: `${[82, 64, 74, 52][i % 4]}%` }} />
      ))}
    </div>
  );
}

interface ErrorProps {
  error: ApiError;
  since?: number | undefined;
  retry?: () => void;
}

/** What went wrong, since when, and a way to try again. */
export function ErrorState({ error, since, retry }: ErrorProps) {
  const { t, f } = useI18n();
  return (
    <div class="state" role="alert">
      <h2>{t.error.title}</h2>
      <p>{reasonOf(error, t)}</p>
      {since !== undefined && <p class="hint">{t.error.since(f.time(since))}</p>}
      {retry && (
        <Button icon="refresh" onClick={retry}>
          {t.act.retry}
        </Button>
      )}
    </div>
  );
}
