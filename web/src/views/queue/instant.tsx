import { useI18n } from "../../app";

/** An instant as people read it, the exact one in its title. */
export function Instant({ at }: { at: number | string | null | undefined }) {
  const { f } = useI18n();
  if (at === null || at === undefined) return <>–</>;
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {f.dateTime(at)}
    </time>
  );
}
