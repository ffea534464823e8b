/** Batches that backends gather from a data set: the rows that the engine's own permutation names, to the bit. */
import { afterAll, describe, expect, test } from "vitest";
import { type Backend, SCALAR } from "../../packages/engine/src/backends/backend.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { sgd } from "../../packages/engine/src/optim/sgd.js";
import { permute } from "../../packages/engine/src/random.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { TESTED_BACKENDS } from "../support/backends.js";

/** More than 32 bits, so that both words of the key matter. */
const SEED = 5 * 2 ** 32 + 9;

describe.each(TESTED_BACKENDS)("$name", ({ open, close, floats: [dtype = "f32"] }) => {
  afterAll(close);

  /** What the step after `step` others gathers: a step of rate 1 on Σ w x makes −x of zeros. */
  async function gather(rows: number, batchRows: number, width: number, step: number, shuffle: boolean): Promise<number[]> {
    const backend = (await open()) as Backend;
    const engine = new Engine(backend);
    const shape = [batchRows, width];
    const store = engine.store({ w: { shape, init: "zeros" } }, { dtype });
    const { executable, state } = await engine.compileTraining(
      store,
      { x: { shape, dtype } },
      ({ w }, { x }) => sum(mul(w as Tensor, x as Tensor)),
      { optimizer: sgd({ lr: 1 }) },
    );
    const data = backend.allocate(dtype, rows * width);
    data.write(Float32Array.from({ length: rows * width }, (_, i) => -i));
    await executable.attach({ columns: new Map([["x", data]]), rows, batchRows, shuffle, seed: SEED });
    state.scalars.write([step], SCALAR.step);
    expect(await executable.runSteps(1, Float64Array.of(1))).toBe(1);
    await store.pull();
    const result = [...store.get("w")];
    executable.close();
    data.release();
    store.release();
    return result;
  }

  test.each([
    [40, 8, 1],
    [3, 3, 2],
    [40, 8, 3],
    [1000, 50, 17],
    [40, 8, 64],
    [64, 4, 200],
    [20, 2, 9000],
  ])("%i rows, %i in a batch, of %i elements", async (rows, batchRows, width) => {
    const perEpoch = Math.ceil(rows / batchRows);
    for (const step of [0, perEpoch - 1, perEpoch, 3 * perEpoch]) {
      for (const shuffle of [true, false]) {
        const epoch = Math.floor(step / perEpoch);
        const key = [SEED >>> 0, (Math.floor(SEED / 2 ** 32) ^ epoch) >>> 0] as const;
        const wanted = Array.from({ length: batchRows }, (_, i) => {
          const at = (step % perEpoch) * batchRows + i;
          const row = shuffle ? permute(at, rows, key) : at;
          return Array.from({ length: width }, (_, j) => row * width + j);
        }).flat();
        expect(await gather(rows, batchRows, width, step, shuffle), `step ${step}`).toEqual(wanted);
      }
    }
  });
});
