/** What every backend promises beyond the values of ops: storage, live lengths of bounded axes, training, and coded errors. */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../packages/engine/src/backends/backend.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { mse } from "../../packages/engine/src/ops/mse.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { sgd } from "../../packages/engine/src/optim/sgd.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { TESTED_BACKENDS } from "../support/backends.js";

describe.each(TESTED_BACKENDS)("$name", ({ open, close, floats: [dtype = "f32"] }) => {
  afterAll(close);
  const engine = async () => new Engine((await open()) as Backend);

  test("storage is zeros at first and keeps what is written", async () => {
    const segment = (await open()).allocate(dtype, 5);
    expect([...segment.view()]).toEqual([0, 0, 0, 0, 0]);
    segment.view().set([1, 2, 3, 4, 5]);
    expect([...segment.view()]).toEqual([1, 2, 3, 4, 5]);
    segment.release();
  });

  test("a bounded axis computes what is there", async () => {
    const program = await (await engine()).compileFunction(({ x }) => sum(mul(x as Tensor, 2)), {
      x: { shape: [8, 3], dtype, bounded: "rows" },
    });
    expect(program.callSync({ x: [1, 2, 3, 4, 5, 6] })["output"]?.[0]).toBe(42);
    expect((await program.call({ x: new Array<number>(24).fill(1) }))["output"]?.[0]).toBe(48);
    program.close();
  });

  test("a step changes the store as its optimiser says, and a loss that is not finite changes nothing", async () => {
    const own = await engine();
    const store = own.store({ w: { shape: [2], init: { constant: 3 } } }, { dtype });
    const program = await own.compile(
      store,
      { x: { shape: [2], dtype }, y: { shape: [2], dtype } },
      ({ w }, { x, y }) => mse(mul(w as Tensor, x as Tensor), y as Tensor),
      { optimizer: sgd({ lr: 0.5 }) },
    );
    expect(program.stepSync({ x: [1, 1], y: [1, 5] }).loss).toBe(4);
    expect([...store.get("w")]).toEqual([2, 4]);
    expect(() => program.stepSync({ y: [Number.NaN, 5] })).toThrow(/DIVERGED|became NaN/);
    expect([...store.get("w")]).toEqual([2, 4]);
    expect((await program.step({ y: [1, 5] })).loss).toBe(1);
    expect(program.steps).toBe(2);
    program.close();
  });

  test("profile times every launch of a plan, or says that there is none; unknown inputs are refused", async () => {
    const program = await (await engine()).compileFunction(({ x }) => mul(x as Tensor, 2), { x: { shape: [4], dtype } });
    program.callSync({ x: [1, 2, 3, 4] });
    let planned = true;
    try {
      program.planText();
    } catch {
      planned = false;
    }
    if (!planned) expect(() => program.profile()).toThrow(/no launches/);
    else {
      const times = program.profile();
      expect(times.length).toBeGreaterThan(0);
      for (const { microseconds, title } of times) expect(microseconds, title).toBeGreaterThanOrEqual(0);
    }
    expect(() => program.callSync({ z: [1] })).toThrow(/no input "z"/);
    program.close();
  });
});
