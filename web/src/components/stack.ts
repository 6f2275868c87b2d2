/** Sums from the back: of a, b, c come a+b+c, b+c, c. A gap in one counts as nothing in the sums below it. */
export function stack(series: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const out: (number | null)[][] = series.map((values) => [...values]);
  for (let s = out.length - 2; s >= 0; s--) {
    const upper = out[s] ?? [];
    const lower = out[s + 1] ?? [];
    for (let i = 0; i < upper.length; i++) {
      const own = upper[i] ?? null;
      const below = lower[i] ?? null;
      upper[i] = own === null && below === null ? null : (own ?? 0) + (below ?? 0);
    }
  }
  return out;
}
