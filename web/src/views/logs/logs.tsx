import { useMemo, useRef, useState } from "preact/hooks";
import { useI18n } from "../../app";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Chips, ChipToggle } from "../../components/chips";
import { SelectField, TextField } from "../../components/form";
import { Icon } from "../../components/icon";
import { ErrorState, Loading } from "../../components/states";
import { useMedia } from "../../components/table";
import { Page } from "../../layout/page";
import { useQueryChoice, useQueryValue } from "../../router/query";
import { reasonOf } from "../../text";
import type { LogLevel } from "../../wire";
import { download } from "./download";
import { readLevels, readSearch, rowsOf, writeLevels, type Filter, type Row } from "./filter";
import { LineDrawer } from "./linedrawer";
import { mostLines, type Line } from "./lines";
import "./logs.css";
import { NewLines, Pane } from "./pane";
import { useLines } from "./uselines";

const levels = ["error", "warn", "log", "debug"] as const;
const forms = ["columns", "stream"] as const;

/** The columns, and which levels each holds. */
const columns = [
  ["log", ["log", "debug"]],
  ["warn", ["warn"]],
  ["error", ["error"]],
] as const satisfies readonly (readonly [LogLevel, readonly LogLevel[]])[];

/** on: the end is in sight. away: the reader has scrolled up. held: stopped by the reader's word. */
type Follow = "on" | "away" | "held";

/** The log as it is written. */
export default function Logs() {
  const { t, f } = useI18n();
  const narrow = useMedia("(max-width: 759px)");
  const [form, setForm] = useQueryChoice("as", forms, narrow ? "stream" : "columns");
  const [levelsText, setLevels] = useQueryValue("levels");
  const [category, setCategory] = useQueryValue("category");
  const [query, setQuery] = useQueryValue("q");
  const { lines, past } = useLines();
  const [follow, setFollow] = useState<Follow>("on");
  const [open, setOpen] = useState<Line | undefined>();
  const frozen = useRef(lines);
  // Whoever reads further up is not to have the lines move; they go on at the end.
  if (follow === "on" || frozen.current.length === 0) frozen.current = lines;
  const shown = frozen.current;
  const search = useMemo(() => readSearch(query), [query]);
  const wanted = useMemo(() => readLevels(levelsText, levels), [levelsText]);
  const filter: Filter = { levels: wanted, category, search };
  const rows = useMemo(() => rowsOf(shown, filter), [shown, wanted, category, search]);
  const behind = follow === "on" ? 0 : countBehind(lines, shown, filter);
  const bar = (
    <FilterBar
      lines={shown}
      filter={filter}
      query={query}
      onQuery={setQuery}
      onCategory={setCategory}
      onLevels={(next) => setLevels(writeLevels(next, levels))}
    />
  );
  const list = {
    filter,
    rows,
    any: shown.length > 0,
    following: follow === "on",
    onEnd: (atEnd: boolean) => setFollow((was) => (was === "held" ? was : atEnd ? "on" : "away")),
    onOpen: setOpen,
    onFill: past.reload,
  };
  const hold = () => setFollow(follow === "held" ? "on" : "held");
  return (
    <Page
      title={t.nav.logs}
      actions={
        <>
          <Button icon={follow === "held" ? "play" : "pause"} onClick={hold}>
            {follow === "held" ? t.logs.go : t.logs.hold}
          </Button>
          <Button icon="down" disabled={rows.length === 0} onClick={() => download(rows, t.logs.missed)}>
            {t.logs.download}
          </Button>
        </>
      }
    >
      <div class="stack logs">
        {bar}
        <div class="log-bar row">
          <Chips label={t.logs.as} options={forms.map((name) => [name, t.logs[name]] as const)} value={form} onValue={setForm} />
          <span class="hint" role="status">
            {follow === "on" ? t.logs.following : follow === "away" ? t.logs.away : t.logs.held}
          </span>
          <span class="hint figures">{rows.length < shown.length ? t.logs.linesOfAll(f.int(rows.length), f.int(shown.length)) : t.logs.lines(shown.length, f.int(shown.length))}</span>
          {shown.length >= mostLines && <span class="hint">{t.logs.most(f.int(mostLines))}</span>}
        </div>
        {past.error && shown.length > 0 && (
          <div class="notice tone-bad" role="alert">
            <Icon name="warn" />
            <span>{t.logs.noPast(reasonOf(past.error, t))}</span>
            <Button small icon="refresh" onClick={past.reload}>
              {t.act.retry}
            </Button>
          </div>
        )}
        {shown.length === 0 && past.loading ? (
          <Card>
            <Loading lines={12} />
          </Card>
        ) : shown.length === 0 && past.error ? (
          <Card>
            <ErrorState error={past.error} since={past.failingSince} retry={past.reload} />
          </Card>
        ) : (
          <div class="log-panes">
            {form === "stream" ? <Stream {...list} tall={narrow} /> : <Columns {...list} />}
            {follow !== "on" && <NewLines count={behind} onClick={() => setFollow("on")} />}
          </div>
        )}
      </div>
      {open && <LineDrawer line={open} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

/** How many of the lines that are not shown yet the filter lets through. */
function countBehind(lines: readonly Line[], shown: readonly Line[], filter: Filter): number {
  const last = shown.at(-1);
  const at = last ? lines.lastIndexOf(last) : -1;
  return at < 0 ? 0 : rowsOf(lines.slice(at + 1), filter).length;
}

interface ListProps {
  rows: readonly Row[];
  /** There are lines, whether the filter lets them through or not. */
  any: boolean;
  filter: Filter;
  following: boolean;
  onEnd(atEnd: boolean): void;
  onOpen(line: Line): void;
  onFill(): void;
}

function Stream({ filter, any, tall, ...rest }: ListProps & { tall: boolean }) {
  const { t } = useI18n();
  return (
    <section class="card log-stream">
      <Pane {...rest} label={t.logs.stream} search={filter.search} tall={tall} keys empty={<Nothing any={any} />} />
    </section>
  );
}

/** Information, warnings, errors side by side. */
function Columns({ filter, ...rest }: ListProps) {
  const wanted = columns.filter(([, held]) => held.some((level) => filter.levels.has(level)));
  const [keyed, setKeyed] = useState<LogLevel>(wanted[0]?.[0] ?? "log");
  const heard = wanted.some(([name]) => name === keyed) ? keyed : wanted[0]?.[0];
  return (
    <div class={`log-columns of-${wanted.length}`}>
      {wanted.map(([name, held]) => (
        <Column key={name} {...rest} name={name} held={held} filter={filter} keys={name === heard} onFocus={() => setKeyed(name)} />
      ))}
    </div>
  );
}

interface ColumnProps extends ListProps {
  name: "log" | "warn" | "error";
  held: readonly LogLevel[];
  keys: boolean;
  onFocus(): void;
}

const columnLooks = { log: "", warn: "tone-warn", error: "tone-bad" } as const;

function Column({ name, held, rows: all, any, filter, ...rest }: ColumnProps) {
  const { t, f } = useI18n();
  const rows = useMemo(() => all.filter((row) => row.kind === "gap" || held.includes(row.line.level)), [all]);
  const narrowed = filter.category !== "" || filter.search.pattern !== undefined;
  const count = rows.reduce((sum, row) => (row.kind === "line" ? sum + 1 : sum), 0);
  return (
    <Card
      title={t.logs.column[name]}
      note={
        <span class={"log-count figures " + (count > 0 ? columnLooks[name] : "quiet")}>
          {name !== "log" && count > 0 && <Icon name={name === "warn" ? "warn" : "cross"} />}
          {f.int(count)}
        </span>
      }
      flush
    >
      <Pane {...rest} label={t.logs.linesOf(t.logs.column[name])} rows={rows} search={filter.search} tall usual={name} empty={<Nothing any={any && narrowed} />} />
    </Card>
  );
}

/** Nothing of that kind was logged, or nothing of it is wanted. */
function Nothing({ any }: { any: boolean }) {
  const { t } = useI18n();
  return <>{any ? t.logs.noMatch : t.logs.none}</>;
}

interface FilterProps {
  lines: readonly Line[];
  filter: Filter;
  query: string;
  onQuery(query: string): void;
  onCategory(category: string): void;
  onLevels(levels: ReadonlySet<LogLevel>): void;
}

function FilterBar({ lines, filter, query, onQuery, onCategory, onLevels }: FilterProps) {
  const { t } = useI18n();
  const categories = useMemo(() => [...new Set(lines.map((line) => line.category))].filter((name) => name !== "").sort(), [lines]);
  const named = filter.category !== "" && !categories.includes(filter.category) ? [filter.category, ...categories] : categories;
  const hasDebug = useMemo(() => lines.some((line) => line.level === "debug"), [lines]);
  const toggle = (level: LogLevel, on: boolean) => {
    const next = new Set(filter.levels);
    if (on) next.add(level);
    else next.delete(level);
    onLevels(next);
  };
  return (
    <div class="log-filter">
      <TextField
        label={t.logs.search}
        inputMode="search"
        placeholder={t.logs.searchHint}
        error={filter.search.bad ? t.logs.searchBad : undefined}
        value={query}
        onValue={onQuery}
        data-search
      />
      <SelectField label={t.logs.category} value={filter.category} options={[["", t.act.all], ...named.map((name): [string, string] => [name, name])]} onValue={onCategory} />
      <div class="row log-levels" role="group" aria-label={t.logs.levels}>
        {levels
          .filter((level) => level !== "debug" || hasDebug)
          .map((level) => (
            <ChipToggle key={level} text={t.logs.level[level]} pressed={filter.levels.has(level)} onPressed={(on) => toggle(level, on)} />
          ))}
      </div>
    </div>
  );
}
