import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useLive } from "../app";

/**
 * Counts up when the server's figures have moved, at most once per `throttleMs`, and every
 * `everyMs` in any case where that is given. It stands still while the tab is hidden or
 * the reader has frozen the figures. Put it into the key of a resource that follows them.
 */
export function useTurn(throttleMs: number, everyMs?: number): number {
  const { live } = useApp();
  const [turn, setTurn] = useState(0);
  const moved = useLive(({ status: { lastRunId, phase, counts } }) =>
    [lastRunId, phase, counts.total, counts.failed, counts.pending, counts.removed].join(),
  );
  const first = useRef(moved);
  const last = useRef(Date.now());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const missed = useRef(false);
  const step = () => {
    timer.current = undefined;
    missed.current = document.hidden || live.state.get().mode === "paused";
    if (missed.current) return;
    last.current = Date.now();
    setTurn((n) => n + 1);
  };
  const paused = useLive((s) => s.mode === "paused");
  useEffect(() => {
    if (moved === first.current || timer.current !== undefined) return;
    first.current = moved;
    timer.current = setTimeout(step, Math.max(0, last.current + throttleMs - Date.now()));
  }, [moved, turn]);
  useEffect(() => {
    const seen = () => missed.current && !document.hidden && step();
    seen();
    document.addEventListener("visibilitychange", seen);
    const clock = everyMs === undefined ? undefined : setInterval(step, everyMs);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearInterval(clock);
    };
  }, [paused, everyMs]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return turn;
}
