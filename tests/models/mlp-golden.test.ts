// A network's losses, gradients and trained parameters, and a linear model's path to its closed form, against PyTorch's float64 numbers.
import { readFileSync } from "node:fs";
import {
  adam,
  createEngine,
  type Engine,
  type EngineOptions,
  type FloatDType,
  gradients,
  matmul,
  mlp,
  mse,
  readSafetensors,
  type Store,
  sgd,
  type Tensor,
} from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import meta from "../goldens/mlp/meta.json" with { type: "json" };
import { largestError } from "../support/error.js";

const read = (name: string) => {
  const { tensors } = readSafetensors(readFileSync(new URL(`../goldens/mlp/${name}.safetensors`, import.meta.url)), name);
  return (tensor: string): Float64Array => {
    const found = tensors.get(tensor);
    if (found === undefined) throw new Error(`no golden tensor ${tensor}`);
    return Float64Array.from(found.data as Float32Array | Float64Array);
  };
};
const given = read("inputs");
const expected = read("expected");

const BATCHES = 10;
const STEPS = 100;
const model = mlp([4, 64, 32, 1], { activation: "relu" });
const batch = (step: number) => {
  const at = step % BATCHES;
  return { x: given("batches.x").subarray(at * 128, at * 128 + 128), y: given("batches.y").subarray(at * 32, at * 32 + 32) };
};

const machines: readonly { readonly name: string; readonly options: EngineOptions; readonly dtype: FloatDType }[] = [
  { name: "reference f64", options: { backend: "reference" }, dtype: "f64" },
  ...(["baseline", "relaxed"] as const).flatMap((build) =>
    (["f32", "f64"] as const).map((dtype) => ({ name: `${build} ${dtype}`, options: { build, threads: 1 }, dtype })),
  ),
];

function specs(dtype: FloatDType) {
  return { x: { shape: [32, 4], dtype }, y: { shape: [32, 1], dtype } };
}

function startedStore(engine: Engine, dtype: FloatDType): Store {
  const store = engine.store(model.params, { dtype });
  for (const name of store.names) store.set(name, given(name));
  return store;
}

/** 100 steps of Adam from the golden's own parameters. */
async function train(
  options: EngineOptions,
  dtype: FloatDType,
): Promise<{ losses: Float64Array; params: Record<string, ArrayLike<number>> }> {
  const engine = await createEngine(options);
  try {
    const store = startedStore(engine, dtype);
    const program = await engine.compile(
      store,
      specs(dtype),
      (params, { x, y }) => mse(model.apply(params, x as Tensor, { training: true }), y as Tensor),
      { optimizer: adam({ lr: 1e-3 }) },
    );
    const losses = Float64Array.from({ length: STEPS }, (_, step) => program.stepSync(batch(step)).loss);
    return { losses, params: Object.fromEntries(store.names.map((name) => [name, store.get(name)])) };
  } finally {
    await engine.close();
  }
}

describe.each(machines)("$name", ({ options, dtype }) => {
  /** The goldens' own rules: 8 times what PyTorch's f32 run loses; in f64 what another order of summation may cost. */
  const tolerance = (name: string) =>
    dtype === "f32" ? Math.max(8 * (meta.f32_error as Record<string, number>)[name]!, 1e-6) : name.startsWith("grad.") ? 1e-11 : 1e-12;
  const check = (name: string, got: ArrayLike<number>) => expect(largestError(got, expected(name)), name).toBeLessThan(tolerance(name));
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine(options);
  });
  afterAll(() => engine.close());

  test("output and every gradient of the first batch", async () => {
    const store = startedStore(engine, dtype);
    const names = store.names;
    const program = await engine.compileWith(store, specs(dtype), (params, { x, y }) => {
      const output = model.apply(params, x as Tensor, { training: true });
      const by = gradients(
        mse(output, y as Tensor),
        names.map((name) => params[name] as Tensor),
      );
      return { output, ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, by[i] as Tensor])) };
    });
    const results = program.callSync(batch(0));
    check("output.0", results["output"] as Float32Array);
    for (const name of names) check(`grad.${name}`, results[`grad.${name}`] as Float32Array);
  });

  test("100 Adam steps: losses and final parameters", async () => {
    const { losses, params } = await train(options, dtype);
    check("loss", losses);
    for (const [name, values] of Object.entries(params)) check(`final.${name}`, values);
  });

  test("weight-decayed gradient descent of the linear model ends in its closed form", async () => {
    const store = engine.store({ w: { shape: [4], init: "zeros" } }, { dtype });
    store.set("w", given("linear.start"));
    const program = await engine.compile(
      store,
      { x: { shape: [45, 4], dtype }, y: { shape: [45], dtype } },
      ({ w }, { x, y }) => mse(matmul(x as Tensor, w as Tensor), y as Tensor),
      { optimizer: sgd({ lr: 0.05, weightDecay: 0.01 }) },
    );
    program.set({ x: given("linear.x"), y: given("linear.y") });
    const points = [...store.get("w")];
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      losses.push(program.stepSync().loss);
      points.push(...store.get("w"));
    }
    check("linear.loss", losses);
    check("linear.trajectory", points);
    for (let step = 0; step < 1000; step++) program.stepSync();
    check("linear.fixed_point", store.get("w"));
  });
});

describe.each(["baseline", "relaxed"] as const)("%s", (build) => {
  test.each(["f32", "f64"] as const)("one and two threads train to the same bits in %s", async (dtype) => {
    const [one, two] = [await train({ build, threads: 1 }, dtype), await train({ build, threads: 2 }, dtype)];
    expect(two).toEqual(one);
  });
});
