import { useI18n } from "../app";
import type { Instant } from "../wire";

interface Props {
  at: Instant;
  /** date: day and time. clock: the time to milliseconds. relative: against now, as of the last render. */
  as?: "date" | "clock" | "relative";
}

/** An instant as people read it; the exact one is its title. A dash where it has not come. */
export function Time({ at, as = "date" }: Props) {
  const { f } = useI18n();
  if (!at) return <>–</>;
  const text = as === "relative" ? f.relative(at) : as === "clock" ? f.timeMs(Date.parse(at)) : f.dateTime(at);
  return (
    <time dateTime={at} title={at}>
      {text}
    </time>
  );
}
