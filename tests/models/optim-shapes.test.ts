/**
 * Every optimiser on parameters of hostile shapes, clipped, with decays and rates by parameter: the wasm kernels and the shaders against the
 * reference, and any number of threads against one to the bit.
 */
import {
  add,
  type EngineOptions,
  type FloatDType,
  mul,
  type Optimizer,
  type OptimizerOptions,
  type ParamSpecs,
  sin,
  sum,
  type Tensor,
} from "@tetrad/engine";
import { afterAll, describe, expect, test } from "vitest";
import { closeEngines, sharedEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { optimizers } from "../support/optimizers.js";

/** Vectors, single rows and columns, tails of every length, stacks; 300 × 129 is past a chunk of 16,384 elements. */
const specs: ParamSpecs = Object.fromEntries(
  [[], [1], [3], [16], [257], [1, 1], [1, 9], [9, 1], [3, 5], [17, 33], [65, 31], [300, 129], [2, 3, 7], [1, 5, 3, 3]].map((shape, i) => [
    `p${i}`,
    { shape, init: { uniform: 1 } },
  ]),
);

interface Setup extends EngineOptions {
  readonly dtype: FloatDType;
}

const STEPS = 3;

/** Its gradients are of sizes from 0.03 to 300. */
function loss(params: Record<string, Tensor>): Tensor {
  return Object.values(params)
    .map((x, i) => sum(mul(10 ** ((i % 5) - 2), sin(mul(3, x)))))
    .reduce((total, term) => add(total, term));
}

/** Each parameter after three steps on Σ cᵢ sin(3 xᵢ). */
async function train(optimizer: Optimizer, { dtype, ...options }: Setup, shapes = specs): Promise<(Float32Array | Float64Array)[]> {
  const engine = await sharedEngine(options);
  const store = engine.store(shapes, { dtype, seed: 5 });
  const program = await engine.compile(store, {}, loss, { optimizer });
  for (let step = 0; step < STEPS; step++) await program.step();
  await store.pull();
  program.close();
  return Object.keys(shapes).map((name) => store.get(name));
}

afterAll(closeEngines);

const common: OptimizerOptions = {
  lr: (step) => 0.01 / (1 + step),
  weightDecay: 0.1,
  // The norm of the first gradients is some 2e4.
  clipNorm: 1e3,
  decays: (name) => name !== "p9",
  lrScale: (name) => (name === "p4" || name === "p10" ? 0.5 : 1),
};

describe.each(Object.entries(optimizers))("%s", (_, make) => {
  test.each([
    ["f32", 1e-5],
    ["f64", 1e-12],
  ] as const)("%s: both builds as the reference", async (dtype, tolerance) => {
    const want = await train(make(common), { backend: "reference", dtype });
    for (const build of ["baseline", "relaxed"] as const) {
      const got = await train(make(common), { build, threads: 1, dtype });
      got.forEach((values, i) => {
        expect(largestError(values, want[i] as Float64Array), `${build} p${i}`).toBeLessThan(tolerance);
      });
    }
  });

  test("WebGPU as the reference, and twice to the bit", async () => {
    const want = await train(make(common), { backend: "reference", dtype: "f32" });
    const run = () => train(make(common), { backend: "webgpu", dtype: "f32" });
    const got = await run();
    got.forEach((values, i) => {
      expect(largestError(values, want[i] as Float64Array), `p${i}`).toBeLessThan(1e-5);
    });
    expect(await run()).toEqual(got);
  });

  test("one, two and four threads give the same bits", async () => {
    const one = await train(make(common), { threads: 1, dtype: "f32" });
    for (const threads of [2, 4]) expect(await train(make(common), { threads, dtype: "f32" })).toEqual(one);
  });

  test("rates and decays matter to the parameters that they are of, and to no others", async () => {
    // The clip would tie all parameters together.
    const { clipNorm, lrScale, decays, ...rest } = { ...common, lrScale: () => 1, decays: () => true };
    const end = (options: OptimizerOptions) => train(make({ ...rest, ...options }), { build: "relaxed", threads: 1, dtype: "f64" });
    const plain = await end({ decays, lrScale });
    const changed = async (options: OptimizerOptions) => {
      const other = await end(options);
      return plain.flatMap((values, i) => (largestError(other[i] as Float64Array, values) > 1e-9 ? [i] : []));
    };
    expect(await changed({ decays, lrScale: (name) => (name === "p4" || name === "p10" ? 0.5 : 1) })).toEqual([4, 10]);
    expect(await changed({ decays: (name) => name !== "p2" && name !== "p11", lrScale })).toEqual([2, 11]);
  });

  test.each<[string, EngineOptions]>([
    ["one thread", { threads: 1 }],
    ["two threads", { threads: 2 }],
    ["WebGPU", { backend: "webgpu" }],
  ])("a loss that is not finite changes neither parameters nor moments, %s", async (_, options) => {
    const run = async (factors: readonly number[]) => {
      const engine = await sharedEngine(options);
      const store = engine.store(specs, { seed: 5 });
      const scaled = (params: Record<string, Tensor>, { factor }: Record<string, Tensor>) => sum(mul(loss(params), factor as Tensor));
      const program = await engine.compile(store, { factor: [1] }, scaled, { optimizer: make(common) });
      for (const factor of factors) {
        if (Number.isFinite(factor)) await program.step({ factor: [factor] });
        else await expect(program.step({ factor: [factor] })).rejects.toThrow(/the loss became/);
      }
      await store.pull();
      program.close();
      return store.names.map((name) => store.get(name));
    };
    expect(await run([1, Number.POSITIVE_INFINITY, 1, Number.NaN])).toEqual(await run([1, 1]));
  });
});

test.each(["adafactor", "adafactor of the paper", "lamb"] as const)(
  "%s: more rows and columns than a thread holds at once",
  async (name) => {
    const optimizer = (optimizers[name] as (typeof optimizers)[string])(common);
    const large: ParamSpecs = Object.fromEntries(
      [[2, 66_001], [16_401, 1], [131_073]].map((shape, i) => [`p${i}`, { shape, init: { uniform: 1 } }]),
    );
    const want = await train(optimizer, { backend: "reference", dtype: "f64" }, large);
    for (const threads of [1, 2]) {
      const got = await train(optimizer, { threads, dtype: "f64" }, large);
      got.forEach((values, i) => {
        expect(largestError(values, want[i] as Float64Array), `${threads} threads, p${i}`).toBeLessThan(1e-12);
      });
    }
    const single = await train(optimizer, { backend: "reference", dtype: "f32" }, large);
    const shaders = await train(optimizer, { backend: "webgpu", dtype: "f32" }, large);
    shaders.forEach((values, i) => {
      expect(largestError(values, single[i] as Float64Array), `WebGPU, p${i}`).toBeLessThan(1e-5);
    });
  },
);
