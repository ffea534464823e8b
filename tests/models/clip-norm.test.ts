/** Clipping by the global norm: the wasm kernel and the shaders against the reference, and against the formula. */
import { createEngine, type FloatDType, matmul, mse, mul, sgd, sum, type Tensor } from "@tetrad/engine";
import { expect, test } from "vitest";
import { SCALAR } from "../../packages/engine/src/backends/backend.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";

type Tested = "wasm" | "webgpu" | "reference";

/** What WebGPU computes in. */
const dtypeOf = (backend: Tested): FloatDType => (backend === "webgpu" ? "f32" : "f64");

/** Parameters after three steps on a problem whose gradients are far above the limit at first. */
async function train(backend: Tested, clipNorm: number | undefined, threads = 1, dtype = dtypeOf(backend)): Promise<number[]> {
  const engine = await openEngine(backend === "wasm" ? { backend, threads } : { backend });
  const store = engine.store({ w: { shape: [40, 33], init: { uniform: 1 } } }, { dtype, seed: 3 });
  const program = await engine.compile(
    store,
    { x: { shape: [7, 40], dtype }, y: { shape: [7, 33], dtype } },
    ({ w }, { x, y }) => mse(matmul(x as Tensor, w as Tensor), y as Tensor),
    { optimizer: sgd({ lr: 0.5, ...(clipNorm !== undefined && { clipNorm }) }) },
  );
  const x = Float64Array.from({ length: 280 }, (_, i) => 5 * Math.sin(i * 1.7));
  const y = Float64Array.from({ length: 231 }, (_, i) => 20 * Math.cos(i));
  for (let i = 0; i < 3; i++) await program.step({ x, y });
  await store.pull();
  const result = [...store.get("w")];
  await engine.close();
  return result;
}

test("wasm and reference agree, and thread counts to the bit", async () => {
  const [one, two, reference] = await Promise.all([train("wasm", 0.25, 1), train("wasm", 0.25, 2), train("reference", 0.25)]);
  expect(two).toEqual(one);
  one.forEach((value, i) => {
    expect(Math.abs(value - (reference[i] as number))).toBeLessThan(1e-12);
  });
});

test("WebGPU agrees with the reference, and a high limit changes nothing there either", async () => {
  const [shaders, reference] = [await train("webgpu", 0.25), await train("reference", 0.25, 1, "f32")];
  // What is left of f32 by products of 40 terms.
  expect(largestError(shaders, reference)).toBeLessThan(1e-6);
  expect(await train("webgpu", 1e9)).toEqual(await train("webgpu", undefined));
});

/** The norm of gradients of Σ wᵢ xᵢ, and what a step of rate 1 makes of zeros under a limit of 2. */
async function clip(backend: Tested, x: Float32Array): Promise<{ norm: number; w: number[] }> {
  const engine = await openEngine(backend === "wasm" ? { backend, threads: 1 } : { backend });
  const store = engine.store({ w: { shape: [x.length], init: "zeros" } }, { dtype: "f32" });
  const { executable, state } = await engine.compileTraining(
    store,
    { x: [x.length] },
    ({ w }, { x }) => sum(mul(w as Tensor, x as Tensor)),
    { optimizer: sgd({ lr: 1, clipNorm: 2 }) },
  );
  executable.setRate(1);
  executable.write("x", x);
  await executable.run();
  await store.pull();
  const result = { norm: state.scalars.view()[SCALAR.gradientNorm] as number, w: [...store.get("w")] };
  await engine.close();
  return result;
}

test.each([
  ["none", () => 0],
  ["one", (i) => Number(i === 49_999)],
  ["of a size", () => 0.1],
  ["tiny", (i) => 1e-25 * Math.sin(i)],
  ["of squares beyond f32", (i) => 1e25 * Math.cos(i)],
  ["of sizes that hardly meet", (i) => 10 ** ((i % 31) - 15)],
  ["small and large", (i) => (i % 2 === 0 ? 2 ** 18 : 2 ** 18 - 1)],
] as [string, (i: number) => number][])("norms of long gradients: %s", async (_, gradient) => {
  const x = Float32Array.from({ length: 50_001 }, (_, i) => gradient(i));
  const norm = Math.sqrt(x.reduce((total, value) => total + value * value, 0));
  const wanted = [...x].map((value) => -value * Math.min(1, 2 / (norm + 1e-6)));
  for (const backend of ["wasm", "webgpu"] as const) {
    const got = await clip(backend, x);
    expect(Math.abs(got.norm - norm), backend).toBeLessThanOrEqual(1e-6 * norm);
    expect(largestError(got.w, wanted), backend).toBeLessThan(1e-6);
  }
});

test("a step moves no further than rate times limit; a high limit changes nothing", async () => {
  const engine = await createEngine({ backend: "reference" });
  const start = [...engine.store({ w: { shape: [40, 33], init: { uniform: 1 } } }, { dtype: "f64", seed: 3 }).get("w")];
  const clipped = await train("wasm", 0.25);
  expect(Math.hypot(...clipped.map((value, i) => value - (start[i] as number)))).toBeLessThanOrEqual(3 * 0.5 * 0.25 * (1 + 1e-9));
  expect(await train("wasm", 1e9)).toEqual(await train("wasm", undefined));
});

test.each(["wasm", "webgpu", "reference"] as const)(
  "%s: a program that does not clip is not bound by one that did, over the same store",
  async (backend) => {
    const dtype = dtypeOf(backend);
    const engine = await openEngine({ backend });
    const store = engine.store({ w: { shape: [3], init: "zeros" } }, { dtype });
    const inputs = { x: { shape: [3], dtype } };
    const loss = ({ w }: Record<string, Tensor>, { x }: Record<string, Tensor>) => sum(mul(w as Tensor, x as Tensor));
    const clipping = await engine.compile(store, inputs, loss, { optimizer: sgd({ lr: 1, clipNorm: 0.5 }) });
    const free = await engine.compile(store, inputs, loss, { optimizer: sgd({ lr: 1 }) });
    await clipping.step({ x: [3, 0, 4] });
    await store.pull();
    const clipped = [...store.get("w")];
    await free.step({ x: [3, 0, 4] });
    await store.pull();
    expect(Math.hypot(...clipped)).toBeCloseTo(0.5, 6);
    // In f32 the sums are rounded: half a unit of 4, twice.
    const moved = [...store.get("w")].map((w, i) => w - (clipped[i] as number));
    expect(largestError(moved, [-3, 0, -4])).toBeLessThanOrEqual(dtype === "f32" ? 2 ** -23 : 0);
    await engine.close();
  },
);
