import { useEffect, useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../app";
import type { Mode } from "../live/state";

const tones: Record<Mode, string> = { connecting: "", live: "tone-ok", polling: "tone-warn", reconnecting: "tone-bad", paused: "" };

/** Says how fresh the figures are; a click freezes them. */
export function LiveBadge() {
  const { live, boot } = useApp();
  const { t, f } = useI18n();
  const mode = useLive((s) => s.mode);
  const stale = useLive((s) => s.stale);
  const heardAt = useLive((s) => s.heardAt);
  const now = useNow(stale);
  const word = stale ? t.mode.stale(f.age(now - heardAt)) : t.mode[mode];
  const hint = mode === "polling" ? t.mode.hints.polling(f.age(boot.refreshMs)) : t.mode.hints[mode];
  return (
    <button type="button" class="chip live-badge" aria-pressed={mode === "paused"} title={hint} onClick={() => live.togglePause()}>
      <span class={"dot " + (stale ? "tone-bad" : tones[mode])} />
      {word}
    </button>
  );
}

/** The time, each second while it is wanted. */
export function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
