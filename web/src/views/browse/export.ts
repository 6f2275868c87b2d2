import type { Order } from "../../wire";

const columns = [
  "id",
  "ref",
  "cliente",
  "valor",
  "tier",
  "priority",
  "status",
  "observacoes",
  "createdAt",
  "processedAt",
  "runId",
  "attempts",
  "reason",
] as const satisfies readonly (keyof Order)[];

/** Orders as CSV (RFC 4180), with a line of names. */
export function toCsv(orders: readonly Order[]): string {
  const lines = orders.map((order) => columns.map((name) => (name === "valor" ? order.valor.toFixed(2) : cell(order[name]))).join(","));
  return [columns.join(","), ...lines, ""].join("\r\n");
}

/** Orders as one JSON object per line, as they came. */
export function toNdjson(orders: readonly Order[]): string {
  return orders.map((order) => JSON.stringify(order) + "\n").join("");
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  // A spreadsheet takes texts that begin so for formulas; an apostrophe keeps them texts.
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
