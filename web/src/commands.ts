import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./app";

/** Something the command palette offers. */
export interface Command {
  id: string;
  title: string;
  /** The keys that do the same, as in keys.ts. */
  keys?: string;
  run(): void;
}

export interface CommandRegistry {
  /** All commands there are now, in the order they were added. */
  list(): Command[];
  add(source: () => Command[]): () => void;
}

export function createCommands(): CommandRegistry {
  const sources: (() => Command[])[] = [];
  return {
    list: () => sources.flatMap((source) => source()),
    add(source) {
      sources.push(source);
      return () => sources.splice(sources.indexOf(source), 1);
    },
  };
}

/** Commands that are offered while the component is there. */
export function useCommands(commands: Command[]): void {
  const registry = useApp().commands;
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => registry.add(() => latest.current), [registry]);
}
