// CoNLL files as they come, and batches of packed sequences.
import { limitsOf, packBatch, readConll, within } from "@tetrad/language";
import { expect, test } from "vitest";
import { batchesOf } from "../../packages/language/src/train/order.js";

test("tabs or spaces, further columns, a byte-order mark, document marks and comments", () => {
  expect(readConll("\ufeffAnna\tB-PER\r\nlives\tO\r\n\r\n\r\nTom\tB-PER\r\n")).toEqual([
    { words: ["Anna", "lives"], tags: ["B-PER", "O"] },
    { words: ["Tom"], tags: ["B-PER"] },
  ]);
  expect(readConll("-DOCSTART- -X- O O\n\n# sent_id = 1\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n")).toEqual([
    { words: ["EU", "rejects"], tags: ["B-ORG", "O"] },
  ]);
  // A hash may be a word.
  expect(readConll("#\tO\nphysics\tO\n")[0]?.words).toEqual(["#", "physics"]);
  expect(() => readConll("Anna\tB-PER\nlives\n", "t.conll")).toThrow(/a line has no tag.*"lives".*t\.conll:2/);
  expect(() => readConll("\n\n", "t.conll")).toThrow(/there is no sentence/);
});

test("sequences lie end to end, and a shorter list repeats its end", () => {
  const limits = limitsOf([[1], [2, 3], [4, 5, 6], [7, 8]], 3);
  expect(limits).toEqual({ tokens: 7, sequences: 3 });
  const encoder = packBatch([[4, 5, 6], [1]], limits, false);
  expect(Object.fromEntries(Object.entries(encoder).map(([name, data]) => [name, [...data]]))).toEqual({
    ids: [4, 5, 6, 1],
    positions: [0, 1, 2, 0],
    cuSeqlens: [0, 3, 4, 4],
    chosen: [0, 3],
  });
  expect([...packBatch([[4, 5, 6], [1]], limits, true).chosen]).toEqual([2, 3]);
  // Two keys before each sequence: rows −1 and −2 are theirs, and tokens stand behind them.
  const behind = packBatch([[4, 5, 6], [1]], { ...limits, virtualKeys: 2 }, true);
  expect([...(behind.keyRows ?? [])]).toEqual([-1, -2, 0, 1, 2, -1, -2, 3]);
  expect([...(behind.cuSeqlensKeys ?? [])]).toEqual([0, 5, 8, 8]);
  expect([...behind.positions]).toEqual([2, 3, 4, 2]);
});

test("batches for evaluation keep their order and their limits", () => {
  const sequences = [3, 4, 5, 1, 1, 1, 9].map((length) => new Array<number>(length).fill(0));
  expect([...within(sequences, { tokens: 9, sequences: 3 })]).toEqual([[0, 1], [2, 3, 4], [5], [6]]);
  expect([...within([], { tokens: 9, sequences: 3 })]).toEqual([]);
});

test("an epoch has every row once, each epoch in another order, the same for the same seed", () => {
  const order = (seed: number, epoch: number) => [...batchesOf(103, 16, seed, epoch)];
  const first = order(1, 0);
  expect(first.map(({ length }) => length)).toEqual([16, 16, 16, 16, 16, 16, 7]);
  expect(first.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
  expect(order(1, 0)).toEqual(first);
  expect(order(1, 1)).not.toEqual(first);
  expect(order(2, 0)).not.toEqual(first);
});
