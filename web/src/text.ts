import { ApiError } from "./api";
import type { Text } from "./i18n/i18n";

/**
 * An id as people tell it apart: a UUID's first and last four digits before its padding,
 * anything else cut in the middle. Runs made in one day share their first digits.
 */
export function shortId(id: string): string {
  const uuid = /^([0-9a-f]{8})-([0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})$/i.exec(id);
  if (uuid) return /^.f{11}$|^.{2}f{10}$/i.test(uuid[3] ?? "") ? `${uuid[1]}-${uuid[2]}` : `${uuid[1]}…${uuid[3]?.slice(-6)}`;
  return id.length > 18 ? id.slice(0, 9) + "…" + id.slice(-6) : id;
}

/** A text with the ids in it shortened. */
export function shortIds(text: string): string {
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, (id) => shortId(id));
}

/** What to tell of a failure. */
export function reasonOf(cause: unknown, t: Text): string {
  const error = ApiError.of(cause);
  return error.status === 0 ? t.error.noAnswer : error.message;
}
