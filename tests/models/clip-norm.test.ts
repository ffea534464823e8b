/** Clipping by the global norm: the wasm kernel against the reference, and against the formula. */
import { createEngine, matmul, mse, mul, sgd, sum, type Tensor } from "@tetrad/engine";
import { expect, test } from "vitest";

/** Parameters after three steps on a problem whose gradients are far above the limit at first. */
async function train(backend: "wasm" | "reference", clipNorm: number | undefined, threads = 1): Promise<number[]> {
  const engine = await createEngine(backend === "wasm" ? { backend, threads } : { backend });
  const store = engine.store({ w: { shape: [40, 33], init: { uniform: 1 } } }, { dtype: "f64", seed: 3 });
  const program = await engine.compile(
    store,
    { x: { shape: [7, 40], dtype: "f64" }, y: { shape: [7, 33], dtype: "f64" } },
    ({ w }, { x, y }) => mse(matmul(x as Tensor, w as Tensor), y as Tensor),
    { optimizer: sgd({ lr: 0.5, ...(clipNorm !== undefined && { clipNorm }) }) },
  );
  const x = Float64Array.from({ length: 280 }, (_, i) => 5 * Math.sin(i * 1.7));
  const y = Float64Array.from({ length: 231 }, (_, i) => 20 * Math.cos(i));
  for (let i = 0; i < 3; i++) program.stepSync({ x, y });
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

test("a step moves no further than rate times limit; a high limit changes nothing", async () => {
  const engine = await createEngine({ backend: "reference" });
  const start = [...engine.store({ w: { shape: [40, 33], init: { uniform: 1 } } }, { dtype: "f64", seed: 3 }).get("w")];
  const clipped = await train("wasm", 0.25);
  expect(Math.hypot(...clipped.map((value, i) => value - (start[i] as number)))).toBeLessThanOrEqual(3 * 0.5 * 0.25 * (1 + 1e-9));
  expect(await train("wasm", 1e9)).toEqual(await train("wasm", undefined));
});

test.each(["wasm", "reference"] as const)(
  "%s: a program that does not clip is not bound by one that did, over the same store",
  async (backend) => {
    const engine = await createEngine({ backend });
    const store = engine.store({ w: { shape: [3], init: "zeros" } }, { dtype: "f64" });
    const inputs = { x: { shape: [3], dtype: "f64" } } as const;
    const loss = ({ w }: Record<string, Tensor>, { x }: Record<string, Tensor>) => sum(mul(w as Tensor, x as Tensor));
    const clipping = await engine.compile(store, inputs, loss, { optimizer: sgd({ lr: 1, clipNorm: 0.5 }) });
    const free = await engine.compile(store, inputs, loss, { optimizer: sgd({ lr: 1 }) });
    clipping.stepSync({ x: [3, 0, 4] });
    const clipped = [...store.get("w")];
    free.stepSync({ x: [3, 0, 4] });
    expect(Math.hypot(...clipped)).toBeCloseTo(0.5, 6);
    expect([...store.get("w")].map((w, i) => w - (clipped[i] as number))).toEqual([-3, 0, -4]);
    await engine.close();
  },
);
