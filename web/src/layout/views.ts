import type { ComponentType } from "preact";
import type { ViewName } from "../router/router";

/** The key behind g that goes to a view. */
export const viewKeys: Record<ViewName, string> = {
  overview: "o",
  charts: "c",
  browse: "b",
  queue: "q",
  failures: "f",
  runs: "r",
  logs: "l",
  system: "s",
};

/** How each view is loaded: each is a chunk of its own, default export. */
export const loaders: Record<ViewName | "run", () => Promise<{ default: ComponentType }>> = {
  overview: () => import("../views/overview/overview"),
  charts: () => import("../views/charts/charts"),
  browse: () => import("../views/browse/browse"),
  queue: () => import("../views/queue/queue"),
  failures: () => import("../views/failures/failures"),
  runs: () => import("../views/runs/runs"),
  run: () => import("../views/runs/run"),
  logs: () => import("../views/logs/logs"),
  system: () => import("../views/system/system"),
};
