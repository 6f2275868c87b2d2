import assert from "node:assert/strict";
import { test } from "node:test";
import { KeysetWalk, type KeysetPage } from "../src/keyset";

const limits = { wanted: 2, pages: 3, rows: 6 };

/** A walk over pages by their number, and the pages it asked for. */
function walkOver(pages: (number[] | Error)[]) {
  const asked: number[] = [];
  const walk = new KeysetWalk<number>(async (cursor): Promise<KeysetPage<number>> => {
    const at = Number(cursor ?? 0);
    asked.push(at);
    const rows = pages[at];
    if (rows instanceof Error) throw rows;
    return { rows: rows ?? [], nextCursor: at + 1 < pages.length ? String(at + 1) : undefined, examined: 10 };
  }, limits);
  return { walk, asked };
}

/** Runs an act, and waits until the walk rests. */
async function rest(walk: KeysetWalk<number>, act: () => void) {
  act();
  while (walk.view.get().state === "walking") await new Promise(setImmediate);
  return walk.view.get();
}

test("empty pages are walked through until enough is found", async () => {
  const { walk, asked } = walkOver([[], [1], [2, 3], [4]]);
  const view = await rest(walk, () => walk.restart());
  assert.deepEqual([view.state, view.rows, view.examined, asked], ["more", [1, 2, 3], 30, [0, 1, 2]]);
  const after = await rest(walk, () => walk.more());
  assert.deepEqual([after.state, after.rows, after.examined], ["end", [1, 2, 3, 4], 40]);
});

test("a walk that finds little waits to be told to go on", async () => {
  const { walk, asked } = walkOver([[], [], [], [], [7, 8]]);
  assert.equal((await rest(walk, () => walk.restart())).state, "sparse");
  assert.deepEqual(asked, [0, 1, 2]);
  assert.deepEqual((await rest(walk, () => walk.more())).rows, [7, 8]);
});

test("rows are held up to the bound, and let go of to go on", async () => {
  const { walk } = walkOver([[1, 2, 3], [4, 5, 6], [7, 8], [9]]);
  await rest(walk, () => walk.restart());
  assert.equal((await rest(walk, () => walk.more())).state, "full");
  const onward = await rest(walk, () => walk.onward());
  assert.deepEqual([onward.state, onward.rows, onward.skipped], ["more", [7, 8], 6]);
  const again = await rest(walk, () => walk.restart());
  assert.deepEqual([again.rows, again.skipped], [[1, 2, 3], 0]);
});

test("what failed is tried again at the same page", async () => {
  const pages: (number[] | Error)[] = [[1, 2], new Error("down"), [5]];
  const { walk } = walkOver(pages);
  await rest(walk, () => walk.restart());
  const failed = await rest(walk, () => walk.more());
  assert.deepEqual([failed.state, failed.rows, failed.error?.title], ["failed", [1, 2], "Error: down"]);
  pages[1] = [3, 4];
  const after = await rest(walk, () => walk.more());
  assert.deepEqual([after.state, after.rows, after.error, after.failingSince], ["more", [1, 2, 3, 4], undefined, undefined]);
});

test("a stopped walk keeps what it found and can go on", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const walk = new KeysetWalk<number>(async (cursor) => {
    if (cursor === undefined) return { rows: [1], nextCursor: "1" };
    await held;
    return { rows: [2] };
  }, limits);
  walk.restart();
  while (walk.view.get().rows.length === 0) await new Promise(setImmediate);
  walk.stop();
  assert.deepEqual([walk.view.get().state, walk.view.get().rows], ["stopped", [1]]);
  release();
  await new Promise(setImmediate);
  assert.deepEqual(walk.view.get().rows, [1]);
  assert.deepEqual((await rest(walk, () => walk.more())).rows, [1, 2]);
});
