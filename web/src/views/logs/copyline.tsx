import { useState } from "preact/hooks";
import { useI18n } from "../../app";
import { Icon } from "../../components/icon";

/** Copies a line as it stands in the files. It shows beside the line that is pointed at; the line's panel has it too. */
export function CopyLine({ text, named }: { text: string; named?: boolean }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  // Missing on plain http from another machine.
  if (!navigator.clipboard) return null;
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button type="button" class={named ? "button" : "log-copy"} tabIndex={named ? 0 : -1} title={t.logs.copyLine} aria-label={named ? undefined : t.logs.copyLine} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
      {named && (copied ? t.act.copied : t.logs.copyLine)}
    </button>
  );
}
