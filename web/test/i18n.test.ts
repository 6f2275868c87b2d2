import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../src/i18n/en";
import { ptBR } from "../src/i18n/pt-BR";
import { orderStatuses, phases, tiers } from "../src/wire";

/** Every path of a dictionary with the kind of what is there. */
function shape(dictionary: object, at = ""): string[] {
  return Object.entries(dictionary)
    .flatMap(([key, value]) => {
      const path = at + "/" + key;
      return typeof value === "object"
        ? shape(value as object, path)
        : [`${path} ${typeof value} ${typeof value === "function" ? value.length : ""}`];
    })
    .sort();
}

/** Every text of a dictionary; functions are called with stand-ins. */
function texts(dictionary: object, at = ""): [string, string][] {
  return Object.entries(dictionary).flatMap(([key, value]): [string, string][] => {
    const path = at + "/" + key;
    if (typeof value === "string") return [[path, value]];
    if (typeof value === "function") return [[path, String(value("1", "2", "3"))]];
    return texts(value as object, path);
  });
}

test("both languages have the same texts with the same arguments", () => {
  assert.deepEqual(shape(ptBR), shape(en));
});

test("no text is empty", () => {
  for (const dictionary of [en, ptBR]) {
    for (const [path, text] of texts(dictionary)) assert.ok(text.trim() !== "" && !text.includes("undefined"), path);
  }
});

test("every value of the wire has a label", () => {
  for (const dictionary of [en, ptBR]) {
    for (const phase of phases) assert.ok(dictionary.phase[phase]);
    for (const tier of tiers) assert.ok(dictionary.tier[tier]);
    for (const status of orderStatuses) assert.ok(dictionary.status[status]);
  }
});

test("plurals follow the number", () => {
  assert.equal(en.orders(1, "1"), "1 order");
  assert.equal(en.orders(0, "0"), "0 orders");
  assert.equal(ptBR.orders(0, "0"), "0 pedidos");
  assert.equal(ptBR.orders(1, "1"), "1 pedido");
  assert.equal(ptBR.orders(2, "2"), "2 pedidos");
});
