import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  /** Beside the field, announced; takes the hint's place. */
  error?: string | undefined;
}

interface TextProps extends FieldProps {
  value: string;
  onValue(value: string): void;
  inputMode?: "numeric" | "text" | "search";
  placeholder?: string;
  maxLength?: number;
  /** Hidden as it is typed, and kept by the browser if it is asked to. */
  secret?: boolean;
  /** The key / goes to it. */
  "data-search"?: boolean;
}

const secretInput = { type: "password", autoComplete: "current-password" } as const;

/** A text or number field. Numbers are texts too, so that what is wrong can be shown as it was typed. */
export function TextField({ label, hint, error, value, onValue, inputMode = "text", secret, placeholder, maxLength, ...rest }: TextProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...(secret ? secretInput : { autoComplete: "off" as const })}
        data-search={rest["data-search"]}
        inputMode={inputMode}
        placeholder={placeholder}
        maxLength={maxLength}
        id={id}
        class="input"
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={note ? id + "-note" : undefined}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <Note id={id + "-note"} hint={hint} error={error} />
    </div>
  );
}

/** Several inputs under one name. */
export function FieldGroup({ label, hint, error, children }: FieldProps & { children: ComponentChildren }) {
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      {children}
      <Note hint={hint} error={error} />
    </fieldset>
  );
}

export function CheckField({
  label,
  hint,
  error,
  checked,
  onChecked,
}: FieldProps & { checked: boolean; onChecked(checked: boolean): void }) {
  const id = useId();
  return (
    <div class="check-field">
      <input id={id} type="checkbox" checked={checked} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      <Note hint={hint} error={error} />
    </div>
  );
}

interface SelectProps<T extends string> extends FieldProps {
  value: T;
  options: readonly [T, string][];
  onValue(value: T): void;
}

export function SelectField<T extends string>({ label, hint, error, value, options, onValue }: SelectProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="input" value={value} onChange={(event) => onValue(event.currentTarget.value as T)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      <Note hint={hint} error={error} />
    </div>
  );
}

function Note({ id, hint, error }: { id?: string; hint?: string | undefined; error?: string | undefined }) {
  if (error !== undefined) {
    return (
      <span id={id} class="field-error" role="alert">
        {error}
      </span>
    );
  }
  return hint ? (
    <span id={id} class="hint">
      {hint}
    </span>
  ) : null;
}
