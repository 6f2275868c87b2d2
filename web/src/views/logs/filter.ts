import type { LogLevel } from "../../wire";
import type { Line } from "./lines";

/** What the reader looks for: words as they are, or /a pattern/ between slashes; upper and lower case alike. */
export interface Search {
  /** Matches all there are; undefined where everything matches. */
  pattern: RegExp | undefined;
  /** The pattern cannot be read. */
  bad: boolean;
}

export function readSearch(text: string): Search {
  const typed = text.trim();
  if (typed === "") return { pattern: undefined, bad: false };
  const between = /^\/(.+)\/$/.exec(typed)?.[1];
  try {
    return { pattern: new RegExp(between ?? typed.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu"), bad: false };
  } catch {
    return { pattern: undefined, bad: true };
  }
}

/** A text cut where it matches; every second part is a match. */
export function cutMatches(text: string, { pattern }: Search): string[] {
  if (!pattern) return [text];
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === "") continue;
    parts.push(text.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** A row of the list: a line, or how many are missing. */
export type Row = { kind: "line"; line: Line } | { kind: "gap"; missed: number };

export interface Filter {
  levels: ReadonlySet<LogLevel>;
  /** "" for all. */
  category: string;
  search: Search;
}

/** The rows that a filter lets through. What is missing shows whatever it was. */
export function rowsOf(lines: readonly Line[], { levels, category, search }: Filter): Row[] {
  const rows: Row[] = [];
  for (const line of lines) {
    if (line.missed > 0) rows.push({ kind: "gap", missed: line.missed });
    if (!levels.has(line.level) || (category !== "" && line.category !== category)) continue;
    if (search.pattern && line.text.search(search.pattern) < 0) continue;
    rows.push({ kind: "line", line });
  }
  return rows;
}

/** "warn,error" as a set; all of them where it names none. */
export function readLevels(text: string, all: readonly LogLevel[]): ReadonlySet<LogLevel> {
  const named = all.filter((level) => text.split(",").includes(level === "log" ? "info" : level));
  return new Set(named.length > 0 ? named : all);
}

/** As it stands in the address: "" for all. */
export function writeLevels(levels: ReadonlySet<LogLevel>, all: readonly LogLevel[]): string {
  if (all.every((level) => levels.has(level))) return "";
  return all
    .filter((level) => levels.has(level))
    .map((level) => (level === "log" ? "info" : level))
    .join(",");
}

/** key=value pairs, quotes taken off; what is not one is left out. */
export function readPairs(data: string): [string, string][] {
  return [...data.matchAll(/([^\s=]+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, key = "", value = ""]) => [key, value.startsWith('"') ? value.slice(1, -1) : value]);
}
