/** One order, two orders: both languages have these two forms for whole numbers (in Portuguese zero is singular). */
export function plural(lang: string, n: number, one: string, other: string): string {
  return new Intl.PluralRules(lang).select(n) === "one" ? one : other;
}
