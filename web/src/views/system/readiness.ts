import type { System } from "../../wire";

export interface Check {
  name: string;
  ok: boolean;
  detail?: string;
}

/** Reads what /readyz?verbose says: a line per check, [+] or [-] in front; the rest is for people. */
export function readChecks(text: string): Check[] {
  return text.split("\n").flatMap((line) => {
    const [, mark, name, rest] = /^\[([+-])\](\S+) ?(.*)$/.exec(line) ?? [];
    if (!mark || !name) return [];
    const detail = rest === "ok" ? "" : (rest ?? "").replace(/^failed(: |$)/, "");
    return [{ name, ok: mark === "+", ...(detail ? { detail } : {}) }];
  });
}

/** The probe's checks, and those that only the system knows of, with its words on them. */
export function mergeChecks(probed: readonly Check[], known: System["checks"]): Check[] {
  const details = new Map(known.map((check) => [check.name, check]));
  const names = new Set(probed.map((check) => check.name));
  const told = probed.map((check): Check => {
    const detail = check.detail ?? details.get(check.name)?.detail;
    return { name: check.name, ok: check.ok, ...(detail ? { detail } : {}) };
  });
  return [...told, ...known.filter((check) => !names.has(check.name))];
}
