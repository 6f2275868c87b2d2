import { levelWords, type ReadLine } from "../../live/logline";
import type { LogLevel, LogLine } from "../../wire";

/** How many lines the view holds; the oldest go first. */
export const mostLines = 10_000;

export interface Line {
  /** Milliseconds since 1970. */
  at: number;
  level: LogLevel;
  category: string;
  message: string;
  /** key=value pairs, as text. */
  data: string;
  /** The whole line as it stands in the files. */
  text: string;
  /** Lines before this one that did not get here. */
  missed: number;
}

/** What has been read so far: lines oldest first, and the last of the live ones among them. */
export interface Tail {
  lines: readonly Line[];
  last: LogLine | undefined;
}

export const noTail: Tail = { lines: [], last: undefined };

/** A line as the view holds it. */
export function lineOf({ timestamp, level, category, message, data, missed, text }: ReadLine): Line {
  const written = () => `[${new Date(timestamp).toISOString()}] [${levelWords[level]}] [${category ?? ""}] ${message}${data ? " " + data : ""}`;
  return { at: timestamp, level, category: category ?? "", message, data: data ?? "", text: text ?? written(), missed: missed ?? 0 };
}

/**
 * Appends the live lines that came after those it has. Where the buffer has run over in
 * between, the first of them tells how many are gone. Numbers below 1 are not the
 * server's: such lines come with the page.
 */
export function takeLive(tail: Tail, live: readonly LogLine[]): Tail {
  const seen = tail.last ? live.lastIndexOf(tail.last) : -1;
  const fresh = live.slice(seen + 1).filter((line) => line.seq > 0);
  const first = fresh[0];
  if (!first) return tail;
  const more = fresh.map((line) => lineOf(line));
  const lost = tail.last && seen < 0 ? first.seq - tail.last.seq - 1 : 0;
  if (more[0] && lost > more[0].missed) more[0] = { ...more[0], missed: lost };
  return { lines: bounded([...tail.lines, ...more]), last: fresh.at(-1) };
}

/** Puts a page of the past under what came live. Lines that are in both are there once; gaps that it fills are gone. */
export function mergePage(tail: Tail, page: readonly Line[]): Tail {
  const inPage = new Map<string, number>();
  for (const { text } of page) inPage.set(text, (inPage.get(text) ?? 0) + 1);
  const own = tail.lines.filter(({ text }) => {
    const n = inPage.get(text) ?? 0;
    if (n > 0) inPage.set(text, n - 1);
    return n === 0;
  });
  const from = page[0]?.at ?? Infinity;
  const to = page.at(-1)?.at ?? -Infinity;
  const rest = own.map((line) => (line.missed > 0 && line.at >= from && line.at <= to ? { ...line, missed: 0 } : line));
  return { ...tail, lines: bounded([...page, ...rest].sort((a, b) => a.at - b.at)) };
}

function bounded(lines: Line[]): Line[] {
  return lines.length > mostLines ? lines.slice(lines.length - mostLines) : lines;
}
