/** Rows above and below what is seen, so that a quick scroll finds some. */
const spare = 10;

/** Which rows of many to render for a scroll position, the last excluded. */
export function visibleRows(top: number, height: number, rowHeight: number, count: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - spare));
  const to = Math.min(count, Math.ceil((top + height) / rowHeight) + spare);
  return { from, to: Math.max(from, to) };
}
