// Workers that tokenise: the compiled package's, because a worker is a file of its own.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import type { TetradError } from "@tetrad/engine";
import { expect, test } from "vitest";
import { root } from "../support/root.js";
import { sharedPath } from "../support/shared.js";

const compiled = (path: string) => import(pathToFileURL(`${root}/packages/language/dist/tokenizer/${path}.js`).href);
const { Tokenizer } = (await compiled("tokenizer")) as typeof import("../../packages/language/src/tokenizer/tokenizer.js");
const { encodeAll } = (await compiled("encode-all")) as typeof import("../../packages/language/src/tokenizer/encode-all.js");
const { openPool } = (await compiled("pool.node")) as typeof import("../../packages/language/src/tokenizer/pool.node.js");

const lines = readFileSync(sharedPath("data/intent-banking77/train.csv"), "utf8").split("\n").slice(1, 2501);

test.each(["all-MiniLM-L6-v2", "SmolLM2-135M-Instruct"])(
  "%s: with workers and without the same tokens in the same order",
  async (model) => {
    const tokenizer = await Tokenizer.load(sharedPath(`models/${model}`));
    const told: number[] = [];
    const options = { maxTokens: 16 };
    const alone = await encodeAll(tokenizer, lines, options, Number.POSITIVE_INFINITY);
    const both = await encodeAll(tokenizer, lines, { ...options, onProgress: (done, all) => told.push(done / all) }, 0);
    expect(both).toEqual(alone);
    expect(alone.map(({ ids }) => [...ids]).slice(0, 300)).toEqual(lines.slice(0, 300).map((line) => tokenizer.encode(line, options).ids));
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    const pool = openPool(tokenizer, options);
    expect(pool?.encoders.length ?? 0).toBeGreaterThan(availableParallelism() > 1 ? 0 : -1);
    await pool?.close();
    const words = lines.map((line) => line.split(" "));
    expect(await encodeAll(tokenizer, words, options, 0)).toEqual(await encodeAll(tokenizer, words, options, Number.POSITIVE_INFINITY));
  },
);

test("what cannot be encoded says which text it is, the first of several", async () => {
  const tokenizer = await Tokenizer.load(sharedPath("models/all-MiniLM-L6-v2"));
  // [CLS] and [SEP] are all that there is room for.
  const texts = Array.from({ length: 2500 }, (_, i) => (i === 900 || i > 1300 ? "a card" : ""));
  for (const pays of [0, Number.POSITIVE_INFINITY]) {
    const error: unknown = await encodeAll(tokenizer, texts, { maxTokens: 2 }, pays).catch((thrown: unknown) => thrown);
    expect((error as TetradError).message).toMatch(/^tokenize: the limit leaves no room .*\(at text 901\)/);
    expect((error as TetradError).code).toBe("ARGUMENT");
  }
});
