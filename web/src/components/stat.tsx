import type { ComponentChildren } from "preact";

interface Props {
  label?: string;
  value: ComponentChildren;
  /** Behind the value, smaller: its unit, or what it is out of. */
  unit?: string;
  note?: ComponentChildren;
  /** The one big number of a view. */
  big?: boolean;
}

/** A number with its name and unit. */
export function Stat({ label, value, unit, note, big }: Props) {
  return (
    <div class="stat figures">
      {label && <div class="stat-label">{label}</div>}
      <div class={big ? "stat-value big" : "stat-value"}>
        {value}
        {unit && <small> {unit}</small>}
      </div>
      {note && <div class="stat-note">{note}</div>}
    </div>
  );
}
