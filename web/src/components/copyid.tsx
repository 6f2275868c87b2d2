import { useState } from "preact/hooks";
import { useI18n } from "../app";
import { Icon } from "./icon";
import { shortId } from "../text";

/** An id, shortened; a click copies the whole of it. */
export function CopyId({ id, full }: { id: string; full?: boolean }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  const copy = (event: MouseEvent) => {
    event.stopPropagation();
    // Missing on plain http from another machine: the title still shows the whole id.
    void navigator.clipboard?.writeText(id).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button type="button" class="copy-id" title={id} aria-label={`${full ? id : shortId(id)}: ${t.act.copy}`} onClick={copy}>
      {full ? id : shortId(id)}
      <Icon name={copied ? "check" : "copy"} />
      {copied && (
        <span class="hidden-text" role="status">
          {t.act.copied}
        </span>
      )}
    </button>
  );
}
