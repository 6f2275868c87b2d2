import assert from "node:assert/strict";
import { test } from "node:test";
import { stack } from "../src/components/stack";
import { visibleRows } from "../src/components/window";
import { matching } from "../src/layout/match";
import { shortId, shortIds } from "../src/text";
import { createToasts } from "../src/toasts";

test("a stack sums from the back", () => {
  assert.deepEqual(
    stack([
      [1, null, 1, null],
      [2, 2, null, null],
    ]),
    [
      [3, 2, 1, null],
      [2, 2, null, null],
    ],
  );
});

test("only what is seen of a long table is rendered", () => {
  assert.deepEqual(visibleRows(0, 360, 36, 1000), { from: 0, to: 20 });
  assert.deepEqual(visibleRows(3600, 360, 36, 1000), { from: 90, to: 120 });
  assert.deepEqual(visibleRows(1e9, 360, 36, 1000), { from: 1000, to: 1000 });
});

test("commands are found by words, without accents", () => {
  const commands = ["Ir para Execuções", "Ir para Fila"].map((title) => ({ id: title, title, run() {} }));
  assert.deepEqual(
    matching(commands, "execucoes ir").map((command) => command.id),
    ["Ir para Execuções"],
  );
  assert.equal(matching(commands, "").length, 2);
});

test("ids are shortened so that they can still be told apart", () => {
  assert.notEqual(shortId("01a2076b-4400-7000-8000-070000000029"), shortId("01a2076b-4400-7000-8000-070000000030"));
  assert.notEqual(shortId("01a208b2-d268-7948-91b4-1fffffffffff"), shortId("01a208b2-d269-7948-91b4-1fffffffffff"));
  assert.equal(shortId("ORD-7"), "ORD-7");
});

test("a pending message becomes what came of it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const toasts = createToasts();
  const pending = toasts.pending("Cancelling");
  assert.equal(toasts.list.get()[0]?.kind, "pending");
  pending.done("Cancelled");
  assert.deepEqual(
    toasts.list.get().map((toast) => [toast.kind, toast.text]),
    [["ok", "Cancelled"]],
  );
  t.mock.timers.tick(6000);
  assert.equal(toasts.list.get().length, 0);
});

test("ids in a text are shortened, and nothing else", () => {
  assert.equal(shortIds("run=01a208b2-d268-7948-91b4-1fffffffffff from=IDLE to=DONE"), "run=01a208b2-d268 from=IDLE to=DONE");
  assert.equal(shortIds("nothing 1234-5678 here"), "nothing 1234-5678 here");
});
