import type { Params } from "../../api";
import { orderStatuses, tiers, type OrderStatus, type Priority, type Tier } from "../../wire";

export const priorities = ["VIP", "NORMAL"] as const;

/** What stands for every run in the address; nothing stands for the latest. */
export const allRuns = "all";

/** What the list is narrowed to; an empty text narrows nothing. */
export interface OrderFilter {
  id: string;
  cliente: string;
  tier: Tier | "";
  priority: Priority | "";
  status: OrderStatus | "";
  /** Empty for the latest run, `all` for every run, or a run's id. */
  run: string;
}

/** Reads the filter out of an address. What no order can have narrows nothing. */
export function readFilter(query: URLSearchParams): OrderFilter {
  const text = (name: string) => (query.get(name) ?? "").trim();
  const oneOf = <T extends string>(name: string, among: readonly T[]) => among.find((value) => value === text(name)) ?? "";
  return {
    id: text("id"),
    cliente: text("cliente"),
    tier: oneOf("tier", tiers),
    priority: oneOf("priority", priorities),
    status: oneOf("status", orderStatuses),
    run: text("run"),
  };
}

/** The filter as the API wants it. An id is looked for in every run unless one was chosen. */
export function filterParams(filter: OrderFilter, latestRun: string | undefined): Params {
  const { run, ...rest } = filter;
  if (run === allRuns) return rest;
  return { ...rest, run: run || (filter.id ? undefined : latestRun) };
}

/** How many filters are set, the run among them. */
export function filtersSet(filter: OrderFilter): number {
  return Object.values(filter).filter((value) => value !== "").length;
}

/** Whether anything but the run narrows the list. */
export function isNarrowed({ run: _, ...rest }: OrderFilter): boolean {
  return Object.values(rest).some((value) => value !== "");
}

/** The change of the address that takes every filter away. */
export const noFilter = { id: undefined, cliente: undefined, tier: undefined, priority: undefined, status: undefined, run: undefined };
