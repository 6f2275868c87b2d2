import type { LogLevel, LogLine } from "../wire";

/** GET /pedidos/logs, of which only the lines matter here. */
export interface LogPage {
  logs: { logMessages: string[]; warnMessages: string[]; errorMessages: string[] };
}

const form = /^\[(\d{4}-[^\]]+)\] \[([A-Z]+)\] \[([^\]]*)\] (.*)$/s;

/** Reads the lines of a page, oldest first. Their numbers are below those of live lines. */
export function linesOf(page: LogPage): LogLine[] {
  const { logMessages, warnMessages, errorMessages } = page.logs;
  const all = [...parse(logMessages, "log"), ...parse(warnMessages, "warn"), ...parse(errorMessages, "error")];
  all.sort((a, b) => a.timestamp - b.timestamp);
  return all.map((line, i) => ({ ...line, seq: i - all.length }));
}

function parse(texts: readonly string[], level: LogLevel): LogLine[] {
  return texts.map((text) => {
    const [, at, , category, rest] = form.exec(text) ?? [];
    if (!at || category === undefined || rest === undefined) return { seq: 0, timestamp: 0, level, message: text, category: "", data: "" };
    const { message, data } = splitPairs(rest);
    return { seq: 0, timestamp: Date.parse(at), level, message, category, data };
  });
}

/** A message ends where its first key=value begins. */
export function splitPairs(text: string): { message: string; data: string } {
  const at = text.search(/(^| )[A-Za-z_][\w.]*=/);
  return at < 0 ? { message: text, data: "" } : { message: text.slice(0, at), data: text.slice(at).trim() };
}
