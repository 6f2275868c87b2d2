import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./app";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

export interface Keys {
  /** Adds keys; those added last are asked first. Returns what takes them away. */
  add(map: () => KeyMap): () => void;
}

/** How long the second key of "g o" may take. */
const chordMs = 1200;

/**
 * Hears keys for the whole page. Names are KeyboardEvent.key, "mod+k" for Ctrl or
 * Command, "g o" for one after the other. Keys typed into a field, or while a modal
 * dialog is open, stay theirs, but for mod+ keys.
 */
export function createKeys(): Keys {
  const maps: (() => KeyMap)[] = [];
  let first = "";
  let firstAt = 0;
  const find = (name: string) => {
    for (let i = maps.length - 1; i >= 0; i--) {
      const act = maps[i]?.()[name];
      if (act) return act;
    }
    return undefined;
  };
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    if (!mod && (typing(event.target) || document.querySelector("dialog:modal"))) return;
    const name = mod ? "mod+" + event.key.toLowerCase() : event.key;
    const chord = performance.now() - firstAt < chordMs && first !== "" ? first + " " + name : "";
    const both = chord ? find(chord) : undefined;
    const act = both ?? find(name);
    first = mod || both ? "" : name;
    firstAt = performance.now();
    if (!act) return;
    event.preventDefault();
    act(event);
  });
  return {
    add(map) {
      maps.push(map);
      return () => maps.splice(maps.indexOf(map), 1);
    },
  };
}

function typing(target: EventTarget | null): boolean {
  const at = target as HTMLElement | null;
  return at?.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") ?? false;
}

/** Keys that work while the component is there. */
export function useKeys(map: KeyMap): void {
  const { keys } = useApp();
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => keys.add(() => latest.current), [keys]);
}
