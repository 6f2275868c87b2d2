import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { useI18n } from "../app";
import { useKeys } from "../keys";
import { Button } from "./button";
import { useOpened } from "./dialog";

interface Props {
  title: ComponentChildren;
  onClose(): void;
  children: ComponentChildren;
}

/**
 * A panel at the right for the details of a row. The page beside it stays usable, so
 * that j and k go through the rows while it is open; on phones it covers the page.
 */
export function Drawer({ title, onClose, children }: Props) {
  const { t } = useI18n();
  const drawer = useRef<HTMLDialogElement>(null);
  const id = useId();
  useOpened(drawer, matchMedia("(max-width: 759px)").matches);
  useKeys({ Escape: onClose });
  return (
    <dialog
      ref={drawer}
      class="drawer"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button look="plain" icon="close" label={t.act.close} onClick={onClose} />
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
