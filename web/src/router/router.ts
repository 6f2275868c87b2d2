import { createStore, type Store } from "../store";

export const viewNames = ["overview", "charts", "browse", "queue", "failures", "runs", "logs", "system"] as const;
export type ViewName = (typeof viewNames)[number];

export interface Location {
  view: ViewName | "none";
  /** The run of /runs/{id}. */
  runId: string | undefined;
  /** Below the base, with a slash in front. */
  path: string;
  query: URLSearchParams;
}

export interface Router {
  location: Store<Location>;
  /** The address of a path below the base, for href. */
  href(path: string): string;
  go(path: string, options?: { replace?: boolean }): void;
  /** Changes some of the query's values; empty ones go. Replaces the entry unless told to push. */
  setQuery(change: Record<string, string | undefined>, options?: { push?: boolean }): void;
}

/** The path of a view's own page. */
export function pathOf(view: ViewName): string {
  return view === "overview" ? "/" : "/" + view;
}

/** Reads a path below the base. */
export function parsePath(path: string, search: string): Location {
  const query = new URLSearchParams(search);
  const parts = path.split("/").filter((part) => part !== "");
  const name = parts[0] ?? "overview";
  const known = (viewNames as readonly string[]).includes(name) && (parts.length === 0 || name !== "overview");
  if (name === "runs" && parts.length === 2) return { view: "runs", runId: parts[1], path, query };
  if (!known || parts.length > 1) return { view: "none", runId: undefined, path, query };
  return { view: name as ViewName, runId: undefined, path, query };
}

/** Follows the address bar below that root, whose path ends with a slash. */
export function createRouter(root: URL): Router {
  const read = () => {
    const below = location.pathname.startsWith(root.pathname) ? location.pathname.slice(root.pathname.length) : "";
    return parsePath("/" + below, location.search);
  };
  const store = createStore(read());
  const href = (path: string) => root.pathname + path.replace(/^\//, "");
  const show = (address: string, replace: boolean) => {
    history[replace ? "replaceState" : "pushState"](null, "", address);
    store.set(read());
  };
  addEventListener("popstate", () => store.set(read()));
  return {
    location: store,
    href,
    go(path, options) {
      show(href(path), options?.replace ?? false);
      scrollTo(0, 0);
    },
    setQuery(change, options) {
      const search = withQuery(store.get().query, change);
      show(location.pathname + search, !options?.push);
    },
  };
}

/** A query with some values changed, as it stands behind a path; empty values go. */
export function withQuery(query: URLSearchParams, change: Record<string, string | undefined>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  return text === "" ? "" : "?" + text;
}
