import { useMemo, useRef, useState } from "preact/hooks";
import { useApp, useI18n } from "../app";
import { useOpened } from "../components/dialog";
import { matching } from "./match";

/** All commands, found by their name. Arrow keys choose, Enter runs, Esc closes. */
export function CommandPalette({ onClose }: { onClose(): void }) {
  const { commands } = useApp();
  const { t } = useI18n();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(() => commands.list(), [commands]);
  const found = matching(all, text);
  const chosen = Math.min(at, found.length - 1);
  useOpened(dialog);
  const run = (i: number) => {
    onClose();
    found[i]?.run();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, chosen + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, chosen - 1));
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label={t.palette.title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => event.target === dialog.current && onClose()}
    >
      <input
        class="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen >= 0 ? `palette-${chosen}` : undefined}
        aria-label={t.palette.title}
        placeholder={t.palette.placeholder}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={keys}
      />
      <div id="palette-list" class="palette-list" role="listbox" aria-label={t.palette.title}>
        {found.map((command, i) => (
          <div key={command.id} id={`palette-${i}`} class="palette-item" role="option" aria-selected={i === chosen} onClick={() => run(i)}>
            {command.title}
            {command.keys && <kbd>{command.keys}</kbd>}
          </div>
        ))}
        {found.length === 0 && <p class="table-empty quiet">{t.palette.empty}</p>}
      </div>
    </dialog>
  );
}
