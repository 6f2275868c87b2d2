import { useI18n } from "../app";

export interface TimelinePart {
  label: string;
  tone: "gen" | "vip" | "normal";
  /** Milliseconds since the run began. */
  from: number;
  to: number;
}

interface Props {
  parts: readonly TimelinePart[];
  /** What the whole width stands for. */
  wallMs: number;
  /** At the right of the legend. */
  note?: string;
  /** For a row of a table: low, and the legend only for screen readers. */
  compact?: boolean;
}

/** What was worked on when, within the wall clock: stages overlap, and it shows. */
export function TimelineBar({ parts, wallMs, note, compact }: Props) {
  const { f } = useI18n();
  const percent = (ms: number) => `${(100 * Math.min(1, Math.max(0, ms / Math.max(1, wallMs)))).toFixed(2)}%`;
  return (
    <div class={compact ? "figures timeline-compact" : "figures"}>
      <div class="timeline" aria-hidden="true">
        {parts.map((part) => (
          <div key={part.label} class="timeline-track">
            {part.to >= part.from && part.to > 0 && (
              <span class={"timeline-part fill-" + part.tone} style={{ left: percent(part.from), width: percent(part.to - part.from) }} />
            )}
          </div>
        ))}
      </div>
      <ul class={compact ? "hidden-text" : "legend timeline-legend"}>
        {parts.map((part) => (
          <li key={part.label}>
            <span class={"swatch fill-" + part.tone} />
            {part.label} {part.to > 0 ? f.duration(part.to - part.from) : "–"}
          </li>
        ))}
        {note && <li class="legend-end">{note}</li>}
      </ul>
    </div>
  );
}
