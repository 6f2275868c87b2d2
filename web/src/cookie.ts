// Cookies hold the two choices that the server's shell must know before any script runs.

export function readCookie(name: string): string | undefined {
  const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
  return found === undefined ? undefined : decodeURIComponent(found.slice(name.length + 1));
}

/** Keeps a value for a year; an empty one is forgotten. */
export function writeCookie(name: string, value: string): void {
  const age = value === "" ? 0 : 365 * 24 * 3600;
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${age}; samesite=lax`;
}
