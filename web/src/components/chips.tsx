interface Props<T extends string> {
  /** What is being chosen, for screen readers. */
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onValue(value: T): void;
}

/** One of a few, as chips in a line. Bind it to the address with useQueryChoice. */
export function Chips<T extends string>({ label, options, value, onValue }: Props<T>) {
  const move = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const at = options.findIndex(([key]) => key === value);
    const next = options[(at + by + options.length) % options.length];
    if (!next) return;
    onValue(next[0]);
    const buttons = (event.currentTarget as HTMLElement).querySelectorAll("button");
    buttons[options.indexOf(next)]?.focus();
  };
  return (
    <div class="row" role="radiogroup" aria-label={label} onKeyDown={move}>
      {options.map(([key, name]) => (
        <button
          key={key}
          type="button"
          class="chip"
          role="radio"
          aria-checked={key === value}
          tabIndex={key === value ? 0 : -1}
          onClick={() => onValue(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** On or off, as a chip. */
export function ChipToggle({ text, pressed, onPressed }: { text: string; pressed: boolean; onPressed(pressed: boolean): void }) {
  return (
    <button type="button" class="chip" aria-pressed={pressed} onClick={() => onPressed(!pressed)}>
      {text}
    </button>
  );
}
