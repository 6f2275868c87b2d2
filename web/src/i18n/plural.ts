/** One order, two orders, and as people write it, 0 orders. */
export function plural(n: number, one: string, other: string): string {
  return n === 1 ? one : other;
}
