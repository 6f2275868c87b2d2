import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  title?: string;
  /** Beside the title. */
  note?: ComponentChildren;
  /** At the right of the head. */
  actions?: ComponentChildren;
  /** Without padding, for tables. */
  flush?: boolean;
  class?: string;
  children: ComponentChildren;
}

/** A part of a page, named by its heading. */
export function Card({ title, note, actions, flush, class: more, children }: Props) {
  const id = useId();
  return (
    <section class={"card" + (more ? " " + more : "")} aria-labelledby={title ? id : undefined}>
      {title !== undefined && (
        <div class="card-head">
          <h2 id={id}>{title}</h2>
          {note}
          <span class="grow" />
          {actions}
        </div>
      )}
      <div class={flush ? "card-body flush" : "card-body"}>{children}</div>
    </section>
  );
}
