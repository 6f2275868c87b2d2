import assert from "node:assert/strict";
import { test } from "node:test";
import { createFormat } from "../src/i18n/format";

const plain = (text: string) => text.replace(/[\u202f\u00a0]/g, " ");

test("durations from microseconds to days", () => {
  const f = createFormat("en");
  const shown = [0, 0.563, 9.9, 528.4, 999.4, 1029, 59_990, 59_996, 125_000, 3_780_000, 187_200_000].map((ms) => plain(f.duration(ms)));
  assert.deepEqual(shown, [
    "0 ms",
    "0.6 ms",
    "9.9 ms",
    "528 ms",
    "999 ms",
    "1.03 s",
    "59.99 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 03 min",
    "2 d 4 h",
  ]);
});

test("ages are whole seconds", () => {
  const f = createFormat("en");
  assert.deepEqual(
    [-1, 400, 12_300, 59_600, 125_000].map((ms) => plain(f.age(ms))),
    ["0 s", "0 s", "12 s", "1 min 00 s", "2 min 05 s"],
  );
});

test("durations do not go below nothing", () => {
  assert.equal(plain(createFormat("en").duration(-5)), "0 ms");
});

test("numbers follow the language", () => {
  const en = createFormat("en");
  const pt = createFormat("pt-BR");
  assert.equal(en.int(1_000_000), "1,000,000");
  assert.equal(pt.int(1_000_000), "1.000.000");
  assert.equal(plain(pt.duration(1500)), "1,50 s");
});

test("small rates keep a decimal, large ones do not", () => {
  const f = createFormat("en");
  assert.deepEqual([0, 0.44, 9.96, 10.4, 1_081_400.2].map(f.rate), ["0", "0.4", "10", "10", "1,081,400"]);
});

test("bytes in steps of a thousand", () => {
  const f = createFormat("en");
  assert.deepEqual(
    [0, 999, 1500, 101_900_000, 4.85e9].map((n) => plain(f.bytes(n))),
    ["0 B", "999 B", "1.5 kB", "102 MB", "4.9 GB"],
  );
});

test("relative time picks its unit", () => {
  const f = createFormat("en");
  const now = Date.UTC(2026, 0, 2);
  assert.deepEqual(
    [0, -30, -120, -7200, -86_400].map((s) => f.relative(now + s * 1000, now)),
    ["now", "30 seconds ago", "2 minutes ago", "2 hours ago", "yesterday"],
  );
});
