import type { LogLevel, LogLine, LogPage } from "../wire";

/** A line of the log, as it came live or with its text as it stands in the files. */
export type ReadLine = LogLine & { text?: string };

/** How levels are written in the files. */
export const levelWords: Record<LogLevel, string> = { debug: "DEBUG", log: "INFO", warn: "WARN", error: "ERROR" };
const form = /^\[(\d{4}-[^\]]+)\] \[([^\]]+)\] \[([^\]]*)\] (.*)$/s;

/** Reads all lines of a page, oldest first. Their numbers are below those of live lines. */
export function readPage({ logs }: LogPage): ReadLine[] {
  const all = [
    ...logs.logMessages.map((text) => readLine(text, "log")),
    ...logs.warnMessages.map((text) => readLine(text, "warn")),
    ...logs.errorMessages.map((text) => readLine(text, "error")),
  ];
  all.sort((a, b) => a.timestamp - b.timestamp);
  return all.map((line, i) => ({ ...line, seq: i - all.length }));
}

/** Reads a line as it stands in the files; `list` is the level of a line that names none known. A message ends where its first key=value begins. */
export function readLine(text: string, list: LogLevel): ReadLine {
  const [, at = "", word = "", category = "", rest = text] = form.exec(text) ?? [];
  const split = rest.search(/(^| )[A-Za-z_][\w.]*=/);
  const level = (Object.keys(levelWords) as LogLevel[]).find((name) => word.startsWith(levelWords[name])) ?? list;
  return {
    seq: 0,
    timestamp: Date.parse(at) || 0,
    level,
    category,
    message: split < 0 ? rest : rest.slice(0, split),
    data: split < 0 ? "" : rest.slice(split).trimStart(),
    text,
  };
}
