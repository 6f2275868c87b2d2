import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** A value that can be watched. Values are replaced, never changed in place. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** Calls back after each set; returns what ends that. */
  subscribe(changed: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const changed of [...watchers]) changed();
    },
    subscribe(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

/** Renders again when the selected part of the store is another one (Object.is). */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S;
export function useStore<T, S>(store: Store<T>, select?: (value: T) => S): T | S {
  const pick = select ?? ((value: T) => value as unknown as S);
  const [, render] = useState(0);
  const picked = pick(store.get());
  const last = useRef(picked);
  last.current = picked;
  const latest = useRef(pick);
  latest.current = pick;
  useLayoutEffect(() => {
    const check = () => {
      if (!Object.is(latest.current(store.get()), last.current)) render((n) => n + 1);
    };
    check();
    return store.subscribe(check);
  }, [store]);
  return picked;
}
