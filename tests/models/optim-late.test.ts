/** One step of every optimiser at step numbers up to 10^7, where corrections of averages are differences of nearly equal numbers. */
import { type EngineOptions, type FloatDType, mul, nadam, type Optimizer, radam, sin, sum, type Tensor } from "@tetrad/engine";
import { afterAll, describe, expect, test } from "vitest";
import { SCALAR } from "../../packages/engine/src/backends/backend.js";
import { closeEngines, sharedEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { optimizers } from "../support/optimizers.js";

/** Whole cache lines: nothing is behind a moment. */
const shape = [16, 16];
/** What averages may be after some steps: moments in f64, not all alike. */
const moment = (slot: number, i: number) => (0.3 + 0.1 * Math.cos(i + slot)) ** 2;

/** How far each element moves in the step that follows `step` others; rates are so large that parameters of 1 do not hide it. */
async function move(optimizer: Optimizer, step: number, options: EngineOptions, dtype: FloatDType): Promise<number[]> {
  const engine = await sharedEngine(options);
  const store = engine.store({ w: { shape, init: { constant: 2 ** -20 } } }, { dtype });
  const { executable, state } = await engine.compileTraining(
    store,
    { x: { shape, dtype } },
    ({ w }, { x }) => sum(mul(x as Tensor, sin(w as Tensor))),
    { optimizer },
  );
  for (const [slot, segment] of state.moments.entries()) segment.write(Array.from({ length: segment.length }, (_, i) => moment(slot, i)));
  state.scalars.write([step], SCALAR.step);
  executable.setRate(1);
  executable.write(
    "x",
    Array.from({ length: 256 }, (_, i) => Math.cos(2 * i)),
  );
  await executable.run();
  await store.pull();
  executable.close();
  return [...store.get("w")];
}

afterAll(closeEngines);

const { muon: _, ...stepwise } = optimizers; // no part of Muon's own depends on the step

const all: Readonly<Record<string, () => Optimizer>> = {
  ...Object.fromEntries(Object.entries(stepwise).map(([name, make]) => [name, () => make({ lr: 1 })])),
  "nadam, fast schedule": () => nadam({ lr: 1, beta1: 0.9999, momentumDecay: 5 }),
  "radam, slow average": () => radam({ lr: 1 }),
};

describe.each(Object.entries(all))("%s", (_, make) => {
  test.each([0, 1, 2, 4, 5, 30, 1000, 99_999, 9_999_999])("step %i", async (step) => {
    const want = await move(make(), step, { backend: "reference" }, "f64");
    for (const options of [{ threads: 1 }, { backend: "webgpu" }] as const)
      expect(largestError(await move(make(), step, options, "f32"), want), JSON.stringify(options)).toBeLessThan(1e-6);
  });
});
