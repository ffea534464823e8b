/** What every backend promises beyond the values of ops: storage, live lengths of bounded axes, training, and coded errors. */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../packages/engine/src/backends/backend.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { add } from "../../packages/engine/src/ops/add.js";
import { assign } from "../../packages/engine/src/ops/assign.js";
import { mse } from "../../packages/engine/src/ops/mse.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { sgd } from "../../packages/engine/src/optim/sgd.js";
import type { Feeds } from "../../packages/engine/src/program.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { TESTED_BACKENDS } from "../support/backends.js";

describe.each(TESTED_BACKENDS)("$name", ({ open, close, sync, floats: [dtype = "f32"] }) => {
  afterAll(close);
  const engine = async () => new Engine((await open()) as Backend);

  test("storage is zeros at first and keeps what is written", async () => {
    const segment = (await open()).allocate(dtype, 5);
    expect([...segment.view()]).toEqual([0, 0, 0, 0, 0]);
    segment.write([1, 2, 3, 4, 5]);
    segment.write([7], 1);
    await segment.pull();
    expect([...segment.view()]).toEqual([1, 7, 3, 4, 5]);
    segment.release();
  });

  test("a bounded axis computes what is there", async () => {
    const program = await (await engine()).compileFunction(({ x }) => sum(mul(x as Tensor, 2)), {
      x: { shape: [8, 3], dtype, bounded: "rows" },
    });
    const feeds = { x: [1, 2, 3, 4, 5, 6] };
    const { output } = sync ? program.callSync(feeds) : await program.call(feeds);
    expect(output?.[0]).toBe(42);
    expect((await program.call({ x: new Array<number>(24).fill(1) }))["output"]?.[0]).toBe(48);
    program.close();
  });

  test("a step changes the store as its optimiser says, and a loss that is not finite changes nothing", async () => {
    const own = await engine();
    const store = own.store(
      { w: { shape: [2], init: { constant: 3 } }, seen: { shape: [2], state: true }, count: { shape: [1], state: true } },
      { dtype },
    );
    const program = await own.compile(
      store,
      { x: { shape: [2], dtype }, y: { shape: [2], dtype } },
      ({ w, seen, count }, { x, y }) => {
        // One assigned value is computed, the other is somebody else's storage.
        assign(count as Tensor, add(count as Tensor, 1));
        assign(seen as Tensor, y as Tensor);
        return mse(mul(w as Tensor, x as Tensor), y as Tensor);
      },
      { optimizer: sgd({ lr: 0.5 }) },
    );
    const step = async (feeds: Feeds) => (sync ? program.stepSync(feeds) : program.step(feeds));
    expect((await step({ x: [1, 1], y: [1, 5] })).loss).toBe(4);
    await store.pull();
    const kept = () => ["w", "seen", "count"].map((name) => [...store.get(name)]);
    expect(kept()).toEqual([[2, 4], [1, 5], [1]]);
    await expect(step({ y: [Number.NaN, 5] })).rejects.toThrow(/DIVERGED|became NaN/);
    await store.pull();
    expect(kept()).toEqual([[2, 4], [1, 5], [1]]);
    expect((await program.step({ y: [1, 5] })).loss).toBe(1);
    expect(program.steps).toBe(2);
    await store.pull();
    expect(store.get("count")[0]).toBe(2);
    program.close();
  });

  test("of a job's steps those before the one whose loss is not finite are kept, and nothing of those behind it", async () => {
    const own = await engine();
    const store = own.store({ w: { shape: [1], init: { constant: 1 } }, total: { shape: [1], state: true } }, { dtype });
    const rows = { shape: [2, 1], dtype };
    const { executable, state } = await own.compileTraining(
      store,
      { x: rows },
      ({ w, total }, { x }) => {
        assign(total as Tensor, add(total as Tensor, sum(x as Tensor, 0)));
        return mse(mul(x as Tensor, w as Tensor), mul(x as Tensor, 0.5));
      },
      { optimizer: sgd({ lr: 0.01 }) },
    );
    const data = own.backend.allocate(dtype, 12);
    data.write([1, 2, 3, 4, Number.NaN, 6, 7, 8, 9, 10, 11, 12]);
    await executable.attach({ columns: new Map([["x", data]]), rows: 12, batchRows: 2, shuffle: false, seed: 0 });
    expect(await executable.runSteps(6, new Float64Array(6).fill(0.01))).toBe(2);
    expect(executable.stopped).toBe(true);
    await store.pull();
    expect(state.scalars.view()[0]).toBe(2);
    expect(store.get("total")[0]).toBe(10);
    expect(Number.isFinite(store.get("w")[0])).toBe(true);
    executable.close();
    data.release();
  });

  test("profile times every launch of a plan, or says that there is none; unknown inputs are refused", async () => {
    const program = await (await engine()).compileFunction(({ x }) => mul(x as Tensor, 2), { x: { shape: [4], dtype } });
    await program.call({ x: [1, 2, 3, 4] });
    let planned = true;
    try {
      program.planText();
    } catch {
      planned = false;
    }
    if (!planned) await expect(program.profileAsync()).rejects.toThrow(/no launches/);
    else {
      const times = sync ? program.profile() : await program.profileAsync();
      expect(times.length).toBeGreaterThan(0);
      for (const { microseconds, title } of times) expect(microseconds, title).toBeGreaterThanOrEqual(0);
    }
    await expect(program.call({ z: [1] })).rejects.toThrow(/no input "z"/);
    if (!sync) expect(() => program.callSync()).toThrow(/calling thread/);
    program.close();
  });
});
