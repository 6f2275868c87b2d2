import type { ComponentChildren, CSSProperties } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useI18n } from "../app";
import { useKeys } from "../keys";
import { visibleRows } from "./window";

export interface Column<T> {
  key: string;
  head: string;
  cell(row: T): ComponentChildren;
  /** Numbers go to the right. */
  align?: "start" | "end";
  /** Takes the room that is left, and is cut where that is too little. */
  wide?: boolean;
}

interface Props<T> {
  /** What the table holds, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey(row: T): string;
  /** Makes rows open: by a click, or Enter. */
  onOpen?: (row: T) => void;
  /** Makes rows selectable: by the box, or x. Keys as of rowKey. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** Height in pixels above which it scrolls by itself; long tables need it, to render only what is seen. */
  height?: number;
  /** Called when the end of a table with a height comes into reach, so that more rows can follow. */
  onEnd?: (() => void) | undefined;
  /** Under the head where there are no rows. */
  empty?: ComponentChildren;
  /** Hears j, k, Enter and x; by default where rows open or can be selected. One table of a page should. */
  keys?: boolean;
  /** false: stays a table on phones, for few narrow columns. */
  cards?: boolean;
}

/** From here on only what is seen is rendered. */
const windowed = 100;

/** Rows and columns: a sticky head, keys, selection, cards below 640 px. */
export function Table<T>(props: Props<T>) {
  const { columns, rows, rowKey, onOpen, height } = props;
  const { t } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const rowHeight = useRowHeight(props.cards === false ? 0 : columns.length * 28 + (props.selected ? 44 : 0));
  const view = useScrollWindow(box, rows.length, rowHeight, height);
  const scrolls = useOverflow(box) || Boolean(height);
  useRowKeys(props, active, setActive, box, rowHeight);
  useEndReach(box, props.onEnd, rows.length, rowHeight);
  const select = props.onSelect && props.selected ? { selected: props.selected, onSelect: props.onSelect } : undefined;
  const shown = rows.slice(view.from, view.to);
  const span = columns.length + (select ? 1 : 0);
  return (
    <div
      ref={box}
      class="table-box"
      style={height ? ({ "--table-height": `${height}px` } as CSSProperties) : undefined}
      tabIndex={scrolls ? 0 : undefined}
      role={height ? "region" : scrolls ? "group" : undefined}
      aria-label={scrolls ? props.label : undefined}
    >
      <table class={props.cards === false ? "table" : "table cards"} aria-label={props.label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {select && (
              <th class="check">
                <label class="check-hit">
                  <input
                    type="checkbox"
                    aria-label={t.table.selectAll}
                    checked={rows.length > 0 && rows.every((row) => select.selected.has(rowKey(row)))}
                    onChange={(event) => select.onSelect(new Set(event.currentTarget.checked ? rows.map(rowKey) : []))}
                  />
                </label>
              </th>
            )}
            {columns.map((column) => (
              <th key={column.key} scope="col" class={column.align === "end" ? "num" : undefined}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody class="figures">
          <Gap rows={view.from} rowHeight={rowHeight} span={span} />
          {shown.map((row, i) => {
            const key = rowKey(row);
            const at = view.from + i;
            return (
              <tr
                key={key}
                data-row={at}
                data-opens={onOpen ? "" : undefined}
                aria-rowindex={at + 2}
                aria-selected={select ? select.selected.has(key) : undefined}
                tabIndex={onOpen ? (at === Math.max(0, active) ? 0 : -1) : undefined}
                onFocus={() => setActive(at)}
                onClick={(event) => onOpen && !interactive(event) && onOpen(row)}
              >
                {select && (
                  <td class="check" data-label={t.table.select}>
                    <label class="check-hit">
                      <input
                        type="checkbox"
                        aria-label={`${t.table.select} ${key}`}
                        checked={select.selected.has(key)}
                        onChange={() => select.onSelect(toggled(select.selected, key))}
                      />
                    </label>
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.key} data-label={column.head} class={cellClass(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Gap rows={rows.length - view.to} rowHeight={rowHeight} span={span} />
        </tbody>
      </table>
      {rows.length === 0 && (props.empty ?? <p class="table-empty quiet">{t.table.empty}</p>)}
    </div>
  );
}

/** Bulk acts on what is selected; it shows while something is. */
export function BulkBar({ count, onClear, children }: { count: number; onClear(): void; children: ComponentChildren }) {
  const { t, f } = useI18n();
  if (count === 0) return null;
  return (
    <div class="bulk" role="group" aria-label={t.table.selected(count, f.int(count))}>
      <b>{t.table.selected(count, f.int(count))}</b>
      <span class="grow" />
      {children}
      <button type="button" class="button plain" onClick={onClear}>
        {t.act.clear}
      </button>
    </div>
  );
}

function Gap({ rows, rowHeight, span }: { rows: number; rowHeight: number; span: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={span} style={{ height: `${rows * rowHeight}px` }} />
    </tr>
  );
}

function cellClass<T>(column: Column<T>): string | undefined {
  if (column.wide) return "wide";
  return column.align === "end" ? "num" : undefined;
}

/** Clicks on links, buttons and boxes within a row are theirs. */
function interactive(event: MouseEvent): boolean {
  return (event.target as HTMLElement).closest("a, button, input, select, label") !== null;
}

function toggled(selected: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** In step with the style sheet: a row, or a card with so many pixels of lines in it. */
function useRowHeight(lines: number): number {
  const narrow = useMedia("(max-width: 639px)");
  const coarse = useMedia("(pointer: coarse)");
  if (narrow && lines > 0) return lines + 17;
  return coarse ? 44 : 36;
}

/** Whether a media query holds, now and later. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setHolds(media.matches);
    changed();
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return holds;
}

/** Whether columns do not fit: the keyboard must be able to scroll to them. */
function useOverflow(box: { current: HTMLDivElement | null }): boolean {
  const [over, setOver] = useState(false);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return;
    const sized = new ResizeObserver(() => setOver(at.scrollWidth > at.clientWidth));
    sized.observe(at);
    if (at.firstElementChild) sized.observe(at.firstElementChild);
    return () => sized.disconnect();
  }, []);
  return over;
}

function useScrollWindow(box: { current: HTMLDivElement | null }, count: number, rowHeight: number, height: number | undefined) {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at || !height || count <= windowed) return;
    const scrolled = () => setTop(at.scrollTop);
    at.addEventListener("scroll", scrolled, { passive: true });
    return () => at.removeEventListener("scroll", scrolled);
  }, [count <= windowed, height]);
  if (!height || count <= windowed) return { from: 0, to: count };
  return visibleRows(top, height, rowHeight, count);
}

/** Rows above the end from where the end is in reach. */
const reach = 20;

function useEndReach(box: { current: HTMLDivElement | null }, onEnd: (() => void) | undefined, count: number, rowHeight: number): void {
  const latest = useRef(onEnd);
  latest.current = onEnd;
  useEffect(() => {
    const at = box.current;
    if (!at || !onEnd) return;
    const check = () => {
      // Only who has scrolled wants more.
      if (at.scrollTop > 0 && at.scrollHeight - at.scrollTop - at.clientHeight < reach * rowHeight) latest.current?.();
    };
    check();
    at.addEventListener("scroll", check, { passive: true });
    return () => at.removeEventListener("scroll", check);
  }, [onEnd === undefined, count, rowHeight]);
}

function useRowKeys<T>(
  props: Props<T>,
  active: number,
  setActive: (at: number) => void,
  box: { current: HTMLDivElement | null },
  rowHeight: number,
): void {
  const move = (by: number) => {
    const at = Math.min(props.rows.length - 1, Math.max(0, active + by));
    setActive(at);
    const scroller = box.current;
    if (scroller && props.height) {
      const edge = at * rowHeight;
      if (edge < scroller.scrollTop) scroller.scrollTop = edge;
      else if (edge + 2 * rowHeight > scroller.scrollTop + props.height) scroller.scrollTop = edge + 2 * rowHeight - props.height;
    }
    requestAnimationFrame(() => {
      const row = scroller?.querySelector<HTMLElement>(`[data-row="${at}"]`);
      row?.focus({ preventScroll: Boolean(props.height) });
    });
  };
  const row = props.rows[active];
  const open = (event: KeyboardEvent, opened: T) => {
    // Enter on a link or a button is theirs; the keys have taken it, so it is given back.
    const at = event.target as HTMLElement;
    if (at.matches("a, button, input, summary")) at.click();
    else props.onOpen?.(opened);
  };
  const keys = props.keys ?? Boolean(props.onOpen ?? props.onSelect);
  useKeys(
    keys
      ? {
          j: () => move(1),
          k: () => move(-1),
          ...(row && props.onOpen ? { Enter: (event: KeyboardEvent) => open(event, row) } : {}),
          ...(row && props.selected && props.onSelect
            ? { x: () => props.onSelect?.(toggled(props.selected ?? new Set(), props.rowKey(row))) }
            : {}),
        }
      : {},
  );
}
