import type { ComponentChildren } from "preact";

/** Names and values. start: values at the left, for texts rather than numbers. */
export function Pairs({ rows, start }: { rows: readonly [string, ComponentChildren][]; start?: boolean }) {
  return (
    <dl class={start ? "pairs start figures" : "pairs figures"}>
      {rows.map(([name, value]) => (
        <div key={name} class="pair">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
