import { useI18n } from "../../app";
import { Button } from "../../components/button";
import { Icon } from "../../components/icon";
import { shortIds } from "../../text";
import type { LogLevel } from "../../wire";
import { CopyLine } from "./copyline";
import { cutMatches, type Search } from "./filter";
import type { Line } from "./lines";

const tones: Record<LogLevel, string> = { debug: "quiet", log: "quiet", warn: "tone-warn", error: "tone-bad" };

interface Props {
  /** Its place in the list. */
  at: number;
  line: Line;
  search: Search;
  tall: boolean;
  /** The level that goes without saying. */
  usual: LogLevel | undefined;
  current: boolean;
  onOpen(line: Line): void;
}

/** One line, cut at the edge; it opens to be read in full. */
export function LineRow({ at, line, search, tall, usual, current, onOpen }: Props) {
  const { t, f } = useI18n();
  const iso = new Date(line.at).toISOString();
  const head = (
    <>
      <time dateTime={iso} title={iso}>
        {f.timeMs(line.at)}
      </time>
      {line.level !== usual && <span class={"log-level " + tones[line.level]}>{t.logs.level[line.level]}</span>}
      <span class="log-category">
        <Found text={line.category} search={search} />
      </span>
    </>
  );
  // Ids would take the room of what is said about them; one that is looked for is shown whole.
  const data = cutMatches(line.data, search).length > 1 ? line.data : shortIds(line.data);
  const body = (
    <span class="log-text">
      <Found text={line.message} search={search} />
      {line.data && (
        <span class="quiet">
          {" "}
          <Found text={data} search={search} />
        </span>
      )}
    </span>
  );
  return (
    <div role="listitem" class={`log-row is-${line.level}${current ? " is-current" : ""}`}>
      <button type="button" class="log-open" data-row={at} tabIndex={-1} onClick={() => onOpen(line)}>
        {tall ? (
          <>
            <span class="log-head">{head}</span>
            {body}
          </>
        ) : (
          <>
            {head}
            {body}
          </>
        )}
      </button>
      <CopyLine text={line.text} />
    </div>
  );
}

/** A text with what the reader looks for marked in it. */
export function Found({ text, search }: { text: string; search: Search }) {
  return <>{cutMatches(text, search).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}</>;
}

/** Lines that did not get here, and a way to fetch them. */
export function GapRow({ missed, onFill }: { missed: number; onFill(): void }) {
  const { t, f } = useI18n();
  return (
    <div role="listitem" class="log-row log-gap">
      <Icon name="warn" />
      <span>{t.logs.missed(missed, f.int(missed))}</span>
      <Button small look="plain" onClick={onFill}>
        {t.logs.fill}
      </Button>
    </div>
  );
}
