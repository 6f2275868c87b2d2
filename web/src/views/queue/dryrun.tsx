import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../../api";
import { useI18n } from "../../app";
import { Refusal } from "../../components/dialog";
import { useResource } from "../../resource";

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
