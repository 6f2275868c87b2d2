import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

interface Props {
  label: string;
  icon?: IconName;
  /** The button's word; without it the icon stands alone under its label. */
  text?: ComponentChildren;
  /** Opens upwards. */
  up?: boolean;
  look?: "plain";
  children: ComponentChildren;
}

/** A button that opens a list of MenuItems. Arrow keys move in it, Esc closes it. */
export function Menu({ label, icon, text, up, look, children }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!open) return;
    items(box.current)[0]?.focus();
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const keys = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(box.current, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={box} onKeyDown={keys}>
      <Button
        look={look}
        icon={icon}
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {text}
      </Button>
      {open && (
        <div id={id} role="menu" aria-label={label} class={up ? "menu-list up" : "menu-list"} onClick={close}>
          {children}
        </div>
      )}
    </div>
  );
}

function items(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
}

function step(box: HTMLElement | null, by: number): void {
  const all = items(box);
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + by + all.length) % all.length]?.focus();
}

interface ItemProps {
  icon?: IconName;
  danger?: boolean;
  /** One of several, this one or not. */
  checked?: boolean;
  run(): void;
  children: ComponentChildren;
}

export function MenuItem({ icon, danger, checked, run, children }: ItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      tabIndex={-1}
      class={danger ? "menu-item danger" : "menu-item"}
      onClick={run}
    >
      {checked !== undefined && <span class="menu-check">{checked && <Icon name="check" />}</span>}
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
