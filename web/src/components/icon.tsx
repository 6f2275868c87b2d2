// Drawn on a grid of 24, with strokes only.
const paths = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  charts: "M4 4v16h16M8 15l4-5 3 3 5-7",
  browse: "M4 6h16M4 12h16M4 18h10",
  queue: "M4 6h10M4 12h16M4 18h7M17 4l3 2-3 2",
  failures: "M12 4l9 16H3zM12 10v4M12 17v.01",
  runs: "M5 4v16l14-8z",
  logs: "M5 8l4 4-4 4M12 17h7",
  system: "M5 5h14v6H5zM5 13h14v6H5zM8 8h.01M8 16h.01",
  more: "M5 11.5v1M12 11.5v1M19 11.5v1",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 13l4 4L19 7",
  cross: "M7 7l10 10M17 7L7 17",
  clock: "M12 7v5l3 2M12 3a9 9 0 100 18 9 9 0 000-18z",
  dash: "M6 12h12",
  play: "M8 5v14l11-7z",
  pause: "M8 5v14M16 5v14",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  warn: "M12 5v9M12 18v.01",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19",
  moon: "M20 14A8 8 0 0110 4a8 8 0 1010 10z",
  globe: "M12 3a9 9 0 100 18 9 9 0 000-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  command: "M4 17l6-5-6-5M12 19h8",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 016 0v3",
  unlock: "M6 11h12v9H6zM9 11V8a3 3 0 015.6-1.5",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4 4",
  refresh: "M20 11a8 8 0 10-2 6M20 5v6h-6",
  down: "M12 4v12M7 12l5 5 5-5M5 20h14",
  chevron: "M9 6l6 6-6 6",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 010 12h-3",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof paths;

/** A decoration beside a word; it is hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
