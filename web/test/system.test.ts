import assert from "node:assert/strict";
import { test } from "node:test";
import { matchingSettings } from "../src/views/system/filter";
import { mergeChecks, readChecks } from "../src/views/system/readiness";
import type { Setting } from "../src/wire";

test("readyz: a check per marked line", () => {
  assert.deepEqual(readChecks("[+]store ok\n[-]disk failed\n[-]queue reason withheld\n[-]servers failed: redis\nreadyz check failed\n"), [
    { name: "store", ok: true },
    { name: "disk", ok: false },
    { name: "queue", ok: false, detail: "reason withheld" },
    { name: "servers", ok: false, detail: "redis" },
  ]);
  assert.deepEqual(readChecks("ok\n"), []);
});

test("the probe has the last word on a check, the system on its details", () => {
  assert.deepEqual(
    mergeChecks(
      [{ name: "store", ok: false }],
      [
        { name: "store", ok: true, detail: "slow" },
        { name: "disk", ok: true },
      ],
    ),
    [
      { name: "store", ok: false, detail: "slow" },
      { name: "disk", ok: true },
    ],
  );
});

const setting = (key: string, origin: Setting["origin"], more: Partial<Setting> = {}): Setting => ({
  key,
  origin,
  value: "",
  group: "listen",
  help: "",
  ...more,
});

test("settings are found by every word, and by origin", () => {
  const all = [
    setting("PORT", "flag", { value: "3000", help: "port of the API" }),
    setting("HOST", "default", { help: "address to listen on" }),
    setting("LOG_MEMORY", "environment", { group: "logs", idle: "progress lines have no memory figures" }),
  ];
  const keys = (text: string, origin: Parameters<typeof matchingSettings>[2] = "all") =>
    matchingSettings(all, text, origin).map((one) => one.key);
  assert.deepEqual(keys(""), ["PORT", "HOST", "LOG_MEMORY"]);
  assert.deepEqual(keys("api 3000"), ["PORT"]);
  assert.deepEqual(keys("figures"), ["LOG_MEMORY"]);
  assert.deepEqual(keys("", "given"), ["PORT", "LOG_MEMORY"]);
  assert.deepEqual(keys("listen", "flag"), ["PORT"]);
  assert.deepEqual(keys("none of these"), []);
});
