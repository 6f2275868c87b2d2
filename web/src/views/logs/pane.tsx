import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useI18n } from "../../app";
import { Button } from "../../components/button";
import { visibleRows } from "../../components/window";
import { useKeys } from "../../keys";
import type { LogLevel } from "../../wire";
import type { Row, Search } from "./filter";
import { GapRow, LineRow } from "./row";
import type { Line } from "./lines";

/** In step with the style sheet. */
const heights = { flat: 24, tall: 44 } as const;

interface Props {
  label: string;
  rows: readonly Row[];
  search: Search;
  /** Two text lines to a row, for narrow panes. */
  tall: boolean;
  /** The level that goes without saying. */
  usual?: LogLevel;
  /** The end stays in sight. */
  following: boolean;
  /** The reader has gone away from the end, or back to it. */
  onEnd(atEnd: boolean): void;
  onOpen(line: Line): void;
  onFill(): void;
  /** Hears j, k and Enter. */
  keys: boolean;
  onFocus?: () => void;
  empty: ComponentChildren;
}

/** Lines of the log, of which only those in sight are rendered. */
export function Pane(props: Props) {
  const { label, rows, tall, following, onEnd, onFocus } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState<number | undefined>();
  const rowHeight = tall ? heights.tall : heights.flat;
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    if (following) toEnd();
  }, [rows, following, rowHeight, view.height]);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return;
    const sized = new ResizeObserver(() => setView((was) => ({ ...was, height: at.clientHeight })));
    sized.observe(at);
    return () => sized.disconnect();
  }, []);
  const scrolled = () => {
    const at = box.current;
    if (!at) return;
    setView((was) => (was.top === at.scrollTop ? was : { ...was, top: at.scrollTop }));
    onEnd(at.scrollHeight - at.scrollTop - at.clientHeight < rowHeight);
  };
  useLineKeys(props, box, active, setActive, rowHeight);
  // The end is rendered before the scroll position says so, that following does not lag by a frame.
  const top = following ? Math.max(0, rows.length * rowHeight - view.height) : view.top;
  const { from, to } = visibleRows(top, view.height, rowHeight, rows.length);
  return (
    <div ref={box} class="log-pane" role="region" aria-label={label} tabIndex={0} onScroll={scrolled} onFocusCapture={onFocus}>
      {rows.length === 0 && <div class="log-none quiet">{props.empty}</div>}
      <div role={rows.length > 0 ? "list" : undefined} class={tall ? "log-list is-tall" : "log-list"}>
        <div style={{ height: `${from * rowHeight}px` }} />
        {rows.slice(from, to).map((row, i) => {
          const at = from + i;
          return row.kind === "gap" ? (
            <GapRow key={at} missed={row.missed} onFill={props.onFill} />
          ) : (
            <LineRow key={at} at={at} line={row.line} search={props.search} tall={tall} usual={props.usual} current={at === active} onOpen={props.onOpen} />
          );
        })}
        <div style={{ height: `${(rows.length - to) * rowHeight}px` }} />
      </div>
    </div>
  );
}

/** How many lines have come meanwhile, as the way back to the end. */
export function NewLines({ count, onClick }: { count: number; onClick(): void }) {
  const { t, f } = useI18n();
  return (
    <div class="log-new">
      <Button small look="primary" icon="down" onClick={onClick}>
        {count > 0 ? t.logs.newLines(count, f.int(count)) : t.logs.toEnd}
      </Button>
    </div>
  );
}

function useLineKeys(
  { rows, keys, onOpen }: Props,
  box: { current: HTMLDivElement | null },
  active: number | undefined,
  setActive: (at: number) => void,
  rowHeight: number,
): void {
  const move = (by: number) => {
    const scroller = box.current;
    if (!scroller || rows.length === 0) return;
    const at = Math.min(rows.length - 1, Math.max(0, active === undefined ? rows.length - 1 : active + by));
    setActive(at);
    if (at * rowHeight < scroller.scrollTop) scroller.scrollTop = at * rowHeight;
    else if ((at + 1) * rowHeight > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = (at + 1) * rowHeight - scroller.clientHeight;
    requestAnimationFrame(() => scroller.querySelector<HTMLElement>(`[data-row="${at}"]`)?.focus({ preventScroll: true }));
  };
  const row = active === undefined ? undefined : rows[active];
  useKeys(
    keys
      ? {
          j: () => move(1),
          k: () => move(-1),
          ...(row?.kind === "line"
            ? {
                Enter: (event: KeyboardEvent) => {
                  // Enter on a button is the button's.
                  const at = event.target as HTMLElement;
                  if (at.matches("a, button, input, select")) at.click();
                  else onOpen(row.line);
                },
              }
            : {}),
        }
      : {},
  );
}
