import type { I18n } from "../../i18n/i18n";
import { tiers, type Run, type Tier } from "../../wire";

/** Each tier with its weight and the share of orders that is. */
export function sharesOf(weights: Record<Tier, number>): { tier: Tier; weight: number; share: number }[] {
  const sum = tiers.reduce((total, tier) => total + weights[tier], 0);
  return tiers.map((tier) => ({ tier, weight: weights[tier], share: sum > 0 ? weights[tier] / sum : 0 }));
}

/** The tiers' weights in a line. */
export function tiersText(run: Run, { t }: I18n): string {
  return tiers.map((tier) => `${t.tier[tier]} ${run.weights[tier]}`).join(" · ");
}

/** What processing an order of the run meant. */
export function workText(run: Run, { t, f }: I18n): string {
  const { handler, delayMs, failures } = run.work;
  if (handler === "mark") return t.runs.work.mark;
  if (handler === "simulate") return t.runs.work.simulate(f.duration(delayMs), f.percent(failures));
  return t.runs.work.other(handler);
}
