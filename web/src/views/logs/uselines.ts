import { useRef } from "preact/hooks";
import { useApp, useLive } from "../../app";
import { readPage } from "../../live/logline";
import { useResource, type Resource } from "../../resource";
import type { LogPage } from "../../wire";
import { lineOf, mergePage, noTail, takeLive, type Line, type Tail } from "./lines";

/** How many lines of each level are asked for at the beginning. */
const pageLines = 2000;

/** The lines that were there before the page was open, and those that come. */
export function useLines(): { lines: readonly Line[]; past: Resource<Line[]> } {
  const { api } = useApp();
  const past = useResource("logs", async (signal) => readPage(await api.get<LogPage>("pedidos/logs", { lines: pageLines }, signal)).map(lineOf));
  const live = useLive((s) => s.logs);
  const tail = useRef<Tail>(noTail);
  const merged = useRef<Line[] | undefined>(undefined);
  tail.current = takeLive(tail.current, live);
  if (past.data && past.data !== merged.current) {
    merged.current = past.data;
    tail.current = mergePage(tail.current, past.data);
  }
  return { lines: tail.current.lines, past };
}
