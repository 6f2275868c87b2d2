import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv, toNdjson } from "../src/views/browse/export";
import { filterParams, filtersSet, isNarrowed, readFilter } from "../src/views/browse/filter";
import type { Order } from "../src/wire";

const order: Order = {
  id: "ORD-7",
  cliente: "Cliente 41",
  valor: 1234.5,
  tier: "GOLD",
  priority: "NORMAL",
  observacoes: "Compra em lote",
  status: "pendente",
  createdAt: "2026-11-23T08:00:00.012Z",
  runId: "01a2076b-4400-7000-8000-07ffffffffff",
  attempts: 0,
  processedAt: null,
};

test("a filter is read from the address, and nonsense narrows nothing", () => {
  const filter = readFilter(new URLSearchParams("priority=VIP&status=processado&tier=TIN&cliente=%20ana%20"));
  assert.deepEqual([filter.priority, filter.status, filter.tier, filter.cliente], ["VIP", "processado", "", "ana"]);
  assert.equal(filtersSet(filter), 3);
});

test("the latest run is meant unless another, all, or an id is asked for", () => {
  const run = (query: string, latest?: string) => filterParams(readFilter(new URLSearchParams(query)), latest)["run"];
  assert.equal(run("", "latest"), "latest");
  assert.equal(run(""), undefined);
  assert.equal(run("run=all", "latest"), undefined);
  assert.equal(run("run=r1", "latest"), "r1");
  assert.equal(run("id=ORD-7", "latest"), undefined);
  assert.equal(run("id=ORD-7&run=r1", "latest"), "r1");
});

test("a run alone narrows nothing: its emptiness is the run's", () => {
  assert.equal(isNarrowed(readFilter(new URLSearchParams("run=r1"))), false);
  assert.equal(isNarrowed(readFilter(new URLSearchParams("tier=GOLD"))), true);
});

test("CSV quotes what needs it and disarms formulas", () => {
  const [head, line, end] = toCsv([{ ...order, cliente: '=1+1, "Ana"', observacoes: "two\nlines" }]).split("\r\n");
  assert.equal(head, "id,ref,cliente,valor,tier,priority,status,observacoes,createdAt,processedAt,runId,attempts,reason");
  assert.equal(
    line,
    `ORD-7,,"'=1+1, ""Ana""",1234.50,GOLD,NORMAL,pendente,"two\nlines",2026-11-23T08:00:00.012Z,,01a2076b-4400-7000-8000-07ffffffffff,0,`,
  );
  assert.equal(end, "");
});

test("NDJSON has an order per line, as it came", () => {
  const lines = toNdjson([order, { ...order, id: "ORD-8" }]).split("\n");
  assert.equal(lines.length, 3);
  assert.deepEqual(JSON.parse(lines[0] ?? ""), order);
});
