import type { Row } from "./filter";

/** The rows as the text of a file, as they stand in the server's. */
export function textOf(rows: readonly Row[], missed: (n: number, shown: string) => string): string {
  return rows.map((row) => (row.kind === "line" ? row.line.text : "# " + missed(row.missed, String(row.missed))) + "\n").join("");
}

/** Hands the rows to the reader as a file. */
export function download(rows: readonly Row[], missed: (n: number, shown: string) => string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([textOf(rows, missed)], { type: "text/plain" }));
  link.download = `filavip-${new Date().toISOString().replace(/[:.]/g, "-")}.log`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
