import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePath, pathOf, viewNames, withQuery } from "../src/router/router";

test("every view's path leads back to it", () => {
  for (const view of viewNames) assert.equal(parsePath(pathOf(view), "").view, view);
});

test("a run has its own page", () => {
  const at = parsePath("/runs/01a2076b", "?x=1");
  assert.equal(at.view, "runs");
  assert.equal(at.runId, "01a2076b");
  assert.equal(at.query.get("x"), "1");
});

test("a slash at the end changes nothing", () => {
  assert.equal(parsePath("/charts/", "").view, "charts");
  assert.equal(parsePath("/runs/", "").runId, undefined);
});

test("anything else is no view", () => {
  for (const path of ["/nothing", "/charts/more", "/runs/a/b", "/overview"]) assert.equal(parsePath(path, "").view, "none", path);
});

test("a change of the query keeps the others, and drops what is empty", () => {
  const query = new URLSearchParams("priority=VIP&status=falhou");
  assert.equal(withQuery(query, { status: undefined, tier: "GOLD" }), "?priority=VIP&tier=GOLD");
  assert.equal(withQuery(query, { status: "", priority: "" }), "");
  assert.equal(withQuery(new URLSearchParams(), { cliente: "a&b c" }), "?cliente=a%26b+c");
});
