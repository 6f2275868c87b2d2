import { useI18n } from "../../app";
import { Button } from "../../components/button";
import type { KeysetWalk, WalkView } from "../../keyset";
import type { Text } from "../../i18n/i18n";
import type { Format } from "../../i18n/format";

interface Props<T> {
  view: WalkView<T>;
  walk: KeysetWalk<T>;
  /** Rows held at once. */
  most: number;
  /** Takes the table to its top: other rows are coming. */
  onJump(): void;
}

/** How far the list has been read, and the ways on. */
export function ListFoot<T>({ view, walk, most, onJump }: Props<T>) {
  const { t, f } = useI18n();
  const texts = t.browse.list;
  const { state, rows, skipped } = view;
  const walking = state === "walking";
  const onward = () => {
    walk.onward();
    onJump();
  };
  const toFirst = () => {
    if (skipped > 0) walk.restart();
    onJump();
  };
  const news = describe(view, most, t, f);
  return (
    <div class="list-foot figures">
      {walking && <span class="quiet">{news}</span>}
      <span role="status" class={walking ? "hidden-text" : "quiet"}>
        {walking ? "" : news}
      </span>
      <span class="grow" />
      {walking && view.examined > 0 && <Button onClick={() => walk.stop()}>{texts.stop}</Button>}
      {state === "failed" && (
        <Button icon="refresh" onClick={() => walk.more()}>
          {t.act.retry}
        </Button>
      )}
      {(state === "sparse" || state === "stopped") && <Button onClick={() => walk.more()}>{texts.goOn}</Button>}
      {state === "more" && <Button onClick={() => walk.more()}>{texts.more}</Button>}
      {state === "full" && <Button onClick={onward}>{texts.onward(f.int(most))}</Button>}
      {(skipped > 0 || rows.length > 100) && !walking && (
        <Button look="plain" onClick={toFirst}>
          {texts.top}
        </Button>
      )}
    </div>
  );
}

function describe<T>(view: WalkView<T>, most: number, t: Text, f: Format): string {
  const texts = t.browse.list;
  const { state, rows, skipped, examined } = view;
  const count = rows.length;
  const searched = t.orders(examined, f.int(examined));
  const found = f.int(skipped + count);
  if (state === "walking") return examined > 0 ? texts.searching(searched, found) : texts.loading;
  if (state === "stopped") return texts.stopped(searched, found);
  if (state === "sparse") return texts.sparse(searched, found);
  if (state === "failed") return texts.failed(view.error?.message ?? "");
  const looked = examined > skipped + count ? ", " + texts.searched(f.int(examined)) : "";
  if (skipped > 0 && count > 0) return texts.range(f.int(skipped + 1), found) + looked;
  if (state === "full") return `${texts.shown(count, f.int(count))}; ${texts.full(f.int(most))}`;
  if (state === "end") return count > 0 ? texts.all(count, f.int(count)) + looked : texts.searched(searched);
  return texts.shown(count, f.int(count)) + looked;
}
