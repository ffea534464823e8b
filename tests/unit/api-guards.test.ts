/** What plain JavaScript can get wrong is refused, with a code and the caller's line, and never computed as something else. */
import {
  adam,
  add,
  cast,
  createEngine,
  type Engine,
  grad,
  logSumExp,
  mlp,
  mse,
  mul,
  sgd,
  sum,
  type Tensor,
  TetradError,
  type TracedFunction,
  where,
} from "@tetrad/engine";
import { afterAll, beforeAll, expect, test } from "vitest";

let engine: Engine;
let other: Engine;
beforeAll(async () => {
  [engine, other] = await Promise.all([createEngine({ backend: "wasm", threads: 1 }), createEngine({ backend: "wasm", threads: 1 })]);
});
afterAll(() => Promise.all([engine.close(), other.close()]));

const anything = <T>(value: unknown): T => value as T;

test("a store of another engine is refused: its numbers would be read from foreign memory", async () => {
  const store = other.store({ w: { shape: [2], init: "ones" } });
  const step = engine.compile(store, { x: [2] }, ({ w }, { x }) => sum(mul(w as Tensor, x as Tensor)), { optimizer: sgd({ lr: 0.1 }) });
  await expect(step).rejects.toMatchObject({ code: "ARGUMENT", message: expect.stringContaining("another engine") });
  store.release();
  expect(() => store.get("w")).toThrow(TetradError);
});

test("inputs: rows of another shape, none at all, truths", async () => {
  const program = await engine.compileFunction(({ x }) => sum(x as Tensor, 0), { x: [2, 3] });
  expect(() => program.callSync()).toThrow(/"x" was never written/);
  expect(() =>
    program.callSync({
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    }),
  ).toThrow(/got \[3, 2\], expected \[2, 3\]/);
  expect([
    ...(program.callSync({
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    })["output"] as Float32Array),
  ]).toEqual([5, 7, 9]);
  program.close();

  const numbers = await engine.run(({ m }) => cast(m as Tensor, "f32"), {
    m: { data: Uint8Array.from([2, 0, 255]), shape: [3], dtype: "bool" },
  });
  expect([...numbers.data]).toEqual([1, 0, 1]);
  expect([...(await engine.run(({ m }) => where(m as Tensor, 1, 2), { m: [true, false] })).data]).toEqual([1, 2]);
  const truths = await engine.compileFunction(({ m }) => cast(m as Tensor, "f32"), { m: { shape: [3], dtype: "bool" } });
  expect([...(truths.callSync({ m: [0.5, 0, Number.NaN] })["output"] as Float32Array)]).toEqual([1, 0, 1]);
  truths.close();
});

test.each<[string, () => unknown, string]>([
  [
    "a number returned",
    () =>
      engine.run(
        anything<TracedFunction>(() => 3),
        {},
      ),
    "ARGUMENT",
  ],
  [
    "nothing returned",
    () =>
      engine.run(
        anything<TracedFunction>(() => {}),
        { x: [1] },
      ),
    "ARGUMENT",
  ],
  [
    "a promise returned",
    () =>
      engine.run(
        anything<TracedFunction>(async ({ x }: Record<string, Tensor>) => x),
        { x: [1] },
      ),
    "ARGUMENT",
  ],
  ["an array for a tensor", () => engine.run(({ x }) => add(x as Tensor, anything<Tensor>([1, 2])), { x: [1, 2] }), "ARGUMENT"],
  ["text for numbers", () => engine.run(({ x }) => x as Tensor, { x: anything<number[]>(["x"]) }), "SHAPE"],
  ["null for numbers", () => engine.run(({ x }) => x as Tensor, { x: anything<number[]>(null) }), "SHAPE"],
  ["an unknown type", () => engine.run(({ x }) => x as Tensor, { x: { data: [1], shape: [1], dtype: anything<"f32">("f16") } }), "DTYPE"],
  ["an unknown backend", () => createEngine({ backend: anything<"wasm">("cuda") }), "ARGUMENT"],
  ["an unknown build", () => createEngine({ build: anything<"relaxed">("fast") }), "ARGUMENT"],
  ["no loss", () => engine.fit(mlp([1, 2, 1]), anything({ x: [[1]], y: [[1]], optimizer: adam() })), "ARGUMENT"],
])("%s", async (_, wrong, code) => {
  await expect((async () => wrong())()).rejects.toMatchObject({ name: "TetradError", code });
});

test.each([{ lr: -1 }, { lr: Number.NaN }, { lr: anything<number>("0.1") }, { beta1: 1.5 }, { clipNorm: -1 }])("adam(%j)", (options) => {
  expect(() => adam(options)).toThrow(TetradError);
});

test("what an op refuses before it is in the graph names the caller's line", async () => {
  await expect(engine.run(({ x }) => sum(x as Tensor, 2), { x: [1, 2] })).rejects.toThrow(/api-guards\.test\.ts:\d+/);
});

test("logSumExp's slopes where it is infinite, as PyTorch has them", async () => {
  const slopes = async (x: number[]) => [...(await engine.run(({ x }) => grad((v: Tensor) => logSumExp(v))(x as Tensor), { x })).data];
  expect(await slopes([Number.POSITIVE_INFINITY, 0])).toEqual([Number.NaN, 0]);
  expect(await slopes([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toEqual([0, 0]);
});

test("an engine that is closed under a training says so", async () => {
  const own = await createEngine({ backend: "wasm", threads: 1 });
  const numbers = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i));
  const run = own.fit(mlp([1, 64, 1]), {
    x: numbers,
    y: numbers,
    loss: mse,
    optimizer: adam(),
    epochs: 100_000,
    onProgress: () => void own.close(),
  });
  await expect(run).rejects.toThrow(/the engine (is|was) closed/);
});
