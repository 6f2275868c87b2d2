import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "../src/views/logs/download";
import { cutMatches, readLevels, readPairs, readSearch, rowsOf, writeLevels } from "../src/views/logs/filter";
import { lineOf, mergePage, mostLines, noTail, takeLive } from "../src/views/logs/lines";
import { readLine, readPage } from "../src/live/logline";
import type { LogLevel, LogLine } from "../src/wire";

const start = Date.parse("2026-11-23T08:00:00.000Z");

function live(seq: number, more: Partial<LogLine> = {}): LogLine {
  return { seq, timestamp: start + seq, level: "log", message: "phase", category: "pipeline", data: `n=${seq}`, ...more };
}

const texts = (lines: readonly { text: string }[]) => lines.map((line) => line.text.replace(/^.*n=/, ""));

test("a line of the files is read as the live one is", () => {
  const line = live(5, { level: "warn", data: 'error="a b" n=5' });
  const text = '[2026-11-23T08:00:00.005Z] [WARN] [pipeline] phase error="a b" n=5';
  assert.equal(lineOf(line).text, text);
  assert.deepEqual(lineOf(readLine(text, "warn")), lineOf(line));
});

test("a line of another form is shown as it is", () => {
  const line = lineOf(readLine("panic: out of luck", "error"));
  assert.deepEqual([line.level, line.message, line.data, line.at], ["error", "panic: out of luck", "", 0]);
});

test("debug lines keep their level among the others", () => {
  assert.equal(readLine("[2026-11-23T08:00:00.000Z] [DEBUG] [store] compaction took=1s", "log").level, "debug");
});

test("live lines are taken once, however often the buffer is seen", () => {
  const lines = [live(1), live(2)];
  const once = takeLive(noTail, lines);
  assert.equal(takeLive(once, lines), once);
  assert.deepEqual(texts(takeLive(once, [...lines, live(3)]).lines), ["1", "2", "3"]);
});

test("a server that begins anew goes on being heard", () => {
  const before = [live(900)];
  const tail = takeLive(takeLive(noTail, before), [...before, live(1, { timestamp: start + 901 })]);
  assert.equal(tail.lines.length, 2);
  assert.equal(tail.lines[1]?.missed, 0);
});

test("lines that the buffer let go are told", () => {
  const tail = takeLive(takeLive(noTail, [live(1)]), [live(11), live(12)]);
  assert.deepEqual(
    tail.lines.map((line) => line.missed),
    [0, 9, 0],
  );
});

test("lines that the server let go are told", () => {
  assert.equal(takeLive(noTail, [live(8, { missed: 7 })]).lines[0]?.missed, 7);
});

test("the past comes under the live lines, each line once, and fills gaps", () => {
  const tail = takeLive(noTail, [live(3, { missed: 1 }), live(4)]);
  const page = readPage({ logs: { logMessages: [1, 2, 3].map((n) => lineOf(live(n)).text), warnMessages: [], errorMessages: [] } }).map(lineOf);
  const merged = mergePage(tail, page);
  assert.deepEqual(texts(merged.lines), ["1", "2", "3", "4"]);
  assert.deepEqual(
    merged.lines.map((line) => line.missed),
    [0, 0, 0, 0],
  );
});

test("two lines with the same text are two lines", () => {
  const same = live(1, { data: "" });
  const tail = takeLive(noTail, [same, { ...same, seq: 2 }]);
  assert.equal(mergePage(tail, [lineOf(same)]).lines.length, 2);
});

test("the lists of a page are one, by time", () => {
  const at = (n: number, level: LogLevel) => lineOf(live(n, { level })).text;
  const page = readPage({ logs: { logMessages: [at(1, "log"), at(4, "log")], warnMessages: [at(2, "warn")], errorMessages: [at(3, "error")] } }).map(lineOf);
  assert.deepEqual(texts(page), ["1", "2", "3", "4"]);
});

test("no more is held than is meant to be", () => {
  const all = Array.from({ length: mostLines + 5 }, (_, i) => live(i + 1));
  const { lines } = takeLive(noTail, all);
  assert.equal(lines.length, mostLines);
  assert.deepEqual(texts(lines.slice(0, 1)), ["6"]);
});

test("words are searched as they are, patterns between slashes", () => {
  assert.deepEqual(cutMatches("took=1.5ms (1.5MS)", readSearch("1.5ms")), ["took=", "1.5ms", " (", "1.5MS", ")"]);
  assert.deepEqual(cutMatches("abc", readSearch("")), ["abc"]);
  assert.deepEqual(cutMatches("a1b22", readSearch("/\\d+/")), ["a", "1", "b", "22", ""]);
  assert.deepEqual(cutMatches("abc", readSearch("/x*/")), ["abc"]);
  assert.equal(readSearch("/(/").bad, true);
  assert.equal(readSearch("(").bad, false);
});

test("a filter keeps what fits, and what is missing", () => {
  const lines = [lineOf(live(1)), lineOf(live(2, { level: "warn" })), lineOf(live(3, { level: "warn", category: "queue", missed: 4 }))];
  const filter = { levels: new Set<LogLevel>(["warn"]), category: "pipeline", search: readSearch("N=") };
  assert.deepEqual(
    rowsOf(lines, filter).map((row) => (row.kind === "gap" ? row.missed : row.line.level)),
    ["warn", 4],
  );
});

test("levels in the address: info is the wire's log, none means all", () => {
  const all: LogLevel[] = ["error", "warn", "log", "debug"];
  assert.deepEqual([...readLevels("warn,info,nonsense", all)], ["warn", "log"]);
  assert.equal(readLevels("", all).size, 4);
  assert.equal(writeLevels(new Set(all), all), "");
  assert.equal(writeLevels(new Set<LogLevel>(["log", "error"]), all), "error,info");
});

test("pairs lose their quotes", () => {
  assert.deepEqual(readPairs('run=r error="a \\"b\\" c" n='), [
    ["run", "r"],
    ["error", 'a \\"b\\" c'],
    ["n", ""],
  ]);
});

test("a download says where lines are missing", () => {
  const row = { kind: "line", line: lineOf(live(1)) } as const;
  assert.equal(textOf([row, { kind: "gap", missed: 2 }], (_, shown) => `${shown} missed`), `${row.line.text}\n# 2 missed\n`);
});
