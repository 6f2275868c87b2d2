import { useI18n } from "../app";
import { Dialog } from "../components/dialog";
import { viewKeys } from "./views";

/** Which keys there are. */
export function ShortcutHelp({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const rows: [string, string][] = [
    ["?", t.keys.help],
    ["/", t.keys.search],
    ["Ctrl K", t.keys.palette],
    ["p", t.keys.pause],
    ["t", t.keys.theme],
    ["j k", t.keys.rows],
    ["Enter", t.keys.openRow],
    ["x", t.keys.selectRow],
    ["Shift R", t.keys.retry],
    ["Esc", t.keys.close],
    ...Object.entries(viewKeys).map(([view, key]): [string, string] => [`g ${key}`, t.nav[view as keyof typeof viewKeys]]),
  ];
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      <dl class="pairs start">
        {rows.map(([keys, what]) => (
          <div key={keys} class="pair">
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key} class="keycap">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
