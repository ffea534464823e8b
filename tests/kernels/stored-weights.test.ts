/** Stores that keep matrices in storage formats: what programs make of them on every backend, forward, backward and in training, is what plain numbers give. */
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { ReferenceBackend } from "../../packages/engine/src/backends/reference-backend.js";
import type { FloatDType } from "../../packages/engine/src/dtype.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { linear } from "../../packages/engine/src/nn/linear.js";
import { add } from "../../packages/engine/src/ops/add.js";
import { storedCase } from "../../packages/engine/src/ops/dequantize.js";
import { embedding } from "../../packages/engine/src/ops/embedding.js";
import { linearCrossEntropy } from "../../packages/engine/src/ops/linearCrossEntropy.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { widened } from "../../packages/engine/src/ops/widened.js";
import { sgd } from "../../packages/engine/src/optim/sgd.js";
import { type FormatName, integerPanels, quantizeWeights, type Storage, WEIGHT_FORMATS } from "../../packages/engine/src/quant/index.js";
import type { ParamSpecs, Store } from "../../packages/engine/src/store.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { TESTED_BACKENDS } from "../support/backends.js";
import { largestError } from "../support/error.js";
import { randoms } from "../support/ops-cases.js";
import { allowed, EPS } from "../support/tolerance.js";

const WIDTH = 256;
const WORDS = 19;
const IDS = [3, 0, 18, 7, 7];
const FORMATS = Object.keys(WEIGHT_FORMATS) as FormatName[];

/** Between −1/8 and 1/8, so that products of rows have about the size of one. */
function numbers(size: number, seed: number): Float32Array {
  const next = randoms(seed);
  return Float32Array.from({ length: size }, () => (next() - 0.5) / 4);
}

/** A table of words; Q6_K, which is only read, of bytes at hand. */
const rowsOf = (format: FormatName) =>
  format === "q6_K"
    ? Uint8Array.from(storedCase(format, WORDS, WIDTH).values as readonly number[])
    : quantizeWeights(numbers(WORDS * WIDTH, 1), [WORDS, WIDTH], format).bytes;

/** A table of words that is input and output of a small network whose one trained matrix stands between; a matrix that nobody reads lies before its bytes. */
const specs = (table: ParamSpecs[string]): ParamSpecs => ({
  unread: { shape: [3, 32], storage: { layout: "rows", format: "q8_0" } },
  table,
  inner: [WIDTH, WIDTH],
});

function lossOf({ table, inner }: Readonly<Record<string, Tensor>>, { ids, labels }: Readonly<Record<string, Tensor>>) {
  const hidden = linear(embedding(ids as Tensor, table as Tensor), inner as Tensor);
  return { hidden, loss: linearCrossEntropy(hidden, table as Tensor, labels as Tensor) };
}

const inputs = { ids: { shape: [IDS.length], dtype: "i32" }, labels: { shape: [IDS.length], dtype: "i32" } } as const;
const feeds = { ids: IDS, labels: [...IDS.slice(1), -100] };

async function results(engine: Engine, store: Store, threads?: number): Promise<Record<string, number[]>> {
  const program = await engine.compileWith(
    store,
    inputs,
    (params, given) => {
      const { hidden, loss } = lossOf(params, given);
      const [slope] = gradients(loss, [params["inner"] as Tensor]);
      return { hidden, loss, slope: slope as Tensor, logits: linear(hidden, params["table"] as Tensor) };
    },
    threads === undefined ? {} : { threads },
  );
  const found = await program.call(feeds);
  const copies = Object.fromEntries(Object.entries(found).map(([name, data]) => [name, [...data]]));
  program.close();
  return copies;
}

/** Three steps of two batches each: the losses, and what is trained. */
async function trained(engine: Engine, store: Store): Promise<number[]> {
  const options = { optimizer: sgd({ lr: 0.05 }), accumulation: 1 };
  const program = await engine.compile(store, inputs, (params, given) => lossOf(params, given).loss, options);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    await program.accumulate(feeds);
    losses.push((await program.step(feeds)).loss);
  }
  program.close();
  await store.pull();
  return [...losses, ...store.get("inner")];
}

interface Outcome {
  readonly found: Record<string, number[]>;
  readonly trained: number[];
}

/** What the reference makes of the same numbers in a plain store; every backend is held to it. */
const expected = new Map<string, Promise<Outcome>>();
function expectedOf(format: FormatName, table: Float32Array | Float64Array, dtype: FloatDType): Promise<Outcome> {
  const key = `${format} ${dtype}`;
  const known = expected.get(key) ?? oracle(table);
  expected.set(key, known);
  return known;
}

async function oracle(table: Float32Array | Float64Array): Promise<Outcome> {
  const engine = new Engine(new ReferenceBackend());
  const store = engine.store(specs({ shape: [WORDS, WIDTH], state: true }), { dtype: "f64" });
  store.set("table", table);
  store.set("inner", numbers(WIDTH * WIDTH, 2));
  return { found: await results(engine, store), trained: await trained(engine, store) };
}

// GPUs' own variants of the same kernels are the ops' tests.
describe.each(TESTED_BACKENDS.filter(({ name }) => name !== "webgpu as on a GPU"))("$name", ({ open, close, floats }) => {
  afterAll(close);

  test.each(floats.flatMap((dtype) => FORMATS.map((format) => [dtype, format] as const)))("%s, %s", async (dtype, format) => {
    const engine = new Engine(await open());
    const store = engine.store(specs({ shape: [WORDS, WIDTH], storage: { layout: "rows", format } }), { dtype });
    store.set("table", rowsOf(format));
    store.set("inner", numbers(WIDTH * WIDTH, 2));
    const table = store.get("table");
    const want = await expectedOf(format, table, dtype);
    const found = await results(engine, store);
    // Three products, one after another
    const limit = 3 * allowed("reduction", WIDTH, true) * EPS[dtype];
    for (const name in want.found) expect(largestError(found[name] as number[], want.found[name] as number[]), name).toBeLessThan(limit);
    expect(largestError(await trained(engine, store), want.trained)).toBeLessThan(3 * limit);
    expect(store.get("table")).toEqual(table);
    store.release();
  });

  test("panels of integer products are multiplied and widened, and nothing else", async () => {
    const [dtype] = floats;
    if (dtype !== "f32") return;
    const engine = new Engine(await open());
    const shape = [WORDS, WIDTH] as const;
    const weights = numbers(WORDS * WIDTH, 3);
    for (const format of ["int8", "q8_0", "q4_0", "q4_1"] as const) {
      const quantized = quantizeWeights(weights, shape, format);
      const store = engine.store({ w: { shape, storage: { layout: "panels", format } } });
      store.set("w", (format === "int8" ? quantized : integerPanels(quantized)).bytes);
      const program = await engine.compileWith(store, { x: [2, WIDTH] }, ({ w }, { x }) => linear(x as Tensor, w as Tensor));
      // Whole numbers up to 127 lose nothing.
      const x = Float32Array.from({ length: 2 * WIDTH }, (_, i) => (i % WIDTH === 0 ? 127 : ((i * 37) % 255) - 127));
      const { output } = await program.call({ x });
      const wide = store.get("w") as Float32Array;
      const want = Array.from({ length: 2 * WORDS }, (_, i) => {
        const [row, word] = [Math.floor(i / WORDS), i % WORDS];
        return wide.subarray(word * WIDTH, (word + 1) * WIDTH).reduce((sum, w, c) => sum + w * (x[row * WIDTH + c] as number), 0);
      });
      expect(largestError(output as Float32Array, want), format).toBeLessThan(allowed("reduction", WIDTH, false) * EPS.f32);
      program.close();
      const numbersOf = await engine.compileWith(store, {}, ({ w }) => widened(w as Tensor));
      expect([...((await numbersOf.call({}))["output"] as Float32Array)], format).toEqual([...wide]);
      numbersOf.close();
      await expect(
        engine.compileWith(store, { ids: inputs.ids }, ({ w }, { ids }) => embedding(ids as Tensor, w as Tensor)),
      ).rejects.toThrow(/cannot read panels/);
      store.release();
    }
  });
});

test.each(["baseline", "relaxed"] as const)("the same bits for any number of threads, %s", async (build) => {
  const backend = TESTED_BACKENDS.find(({ name }) => name === `wasm ${build}`) as (typeof TESTED_BACKENDS)[number];
  const engine = new Engine(await backend.open());
  for (const format of FORMATS) {
    const store = engine.store(specs({ shape: [WORDS, WIDTH], storage: { layout: "rows", format } }));
    store.set("table", rowsOf(format));
    const single = await results(engine, store, 1);
    for (const threads of [2, 4]) expect(await results(engine, store, threads), `${format}, ${threads} threads`).toEqual(single);
    store.release();
  }
  await backend.close();
});

test("a store counts, returns and refuses stored matrices", () => {
  const engine = new Engine(new ReferenceBackend());
  const storage: Storage = { layout: "rows", format: "q8_0" };
  const store = engine.store({ table: { shape: [4, 32], storage }, w: [2, 3], seen: { shape: [5], state: true } });
  expect(store.names).toEqual(["w", "seen", "table"]);
  expect(store.size).toBe(6);
  expect(store.shape("table")).toEqual([4, 32]);
  expect(store.bytes).toBe((64 + 64) * 4 + Math.ceil((4 * 34) / 64) * 64);
  const values = numbers(128, 1);
  store.set("table", quantizeWeights(values, [4, 32], "q8_0").bytes);
  // Half a step of a block's largest magnitude, and that step's own rounding to f16
  store.get("table").forEach((value, i) => expect(Math.abs(value - (values[i] as number))).toBeLessThan(0.125 / 254 + 0.125 * 2 ** -11));
  expect(() => store.set("table", values)).toThrow(/wrong number of values for "table".*got 128, expected 136 for \[4, 34\]/);
  expect(() => engine.store({ v: { shape: [32], storage } })).toThrow(/only matrices stay as they are stored.*"v"/);
  expect(() => engine.store({ w: { shape: [4, 33], storage } })).toThrow(/whole number of blocks/);
});

test("no op takes bytes for numbers, and no gradient is asked for by them", async () => {
  const engine = new Engine(new ReferenceBackend());
  const store = engine.store({ table: { shape: [4, 32], storage: { layout: "rows", format: "q8_0" } } });
  await expect(engine.compileWith(store, {}, ({ table }) => add(table as Tensor, 1))).rejects.toThrow(/cannot compute with stored blocks/);
  const slope = ({ table }: Record<string, Tensor>, { x }: Record<string, Tensor>) =>
    gradients(sum(linear(x as Tensor, table as Tensor)), [table as Tensor])[0] as Tensor;
  await expect(engine.compileWith(store, { x: [2, 32] }, slope)).rejects.toThrow(/cannot differentiate by table of type u8/);
});
