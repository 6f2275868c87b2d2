import { useApp } from "../app";
import { useStore } from "../store";

/**
 * One value of the query string as state. The fallback is what a missing value means,
 * and is never written to the address.
 */
export function useQueryValue(name: string, fallback = ""): [string, (value: string) => void] {
  const { router } = useApp();
  const value = useStore(router.location, (at) => at.query.get(name) ?? fallback);
  return [value, (next) => router.setQuery({ [name]: next === fallback ? undefined : next })];
}

/** Like useQueryValue for one of a set; anything else in the address reads as the fallback. */
export function useQueryChoice<T extends string>(name: string, among: readonly T[], fallback: T): [T, (value: T) => void] {
  const [value, set] = useQueryValue(name, fallback);
  return [(among as readonly string[]).includes(value) ? (value as T) : fallback, set];
}
