// Layers with states: batchNorm's running statistics follow PyTorch's formula through training, evaluation uses them, and a saved model keeps them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  batchNorm1d,
  batchNorm2d,
  createEngine,
  dropoutLayer,
  embeddingLayer,
  groupNormLayer,
  type Layer,
  layerNormLayer,
  linearLayer,
  type Model,
  mse,
  relu,
  rmsNormLayer,
  sequential,
  sgd,
  type Tensor,
  TetradError,
} from "../../packages/engine/src/index.js";
import { randoms } from "../support/ops-cases.js";

const engine = await createEngine({ threads: 1 });
afterAll(() => engine.close());

const ROWS = 23;
const WIDTH = 3;
const next = randoms(5);
const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => 2 * next() + (i % WIDTH));
const y = Float32Array.from({ length: ROWS }, () => next());

/** torch.nn.BatchNorm1d's running statistics after batches of `size` rows in order. */
function running(size: number, epochs: number) {
  const [means, variances] = [new Array<number>(WIDTH).fill(0), new Array<number>(WIDTH).fill(1)];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let first = 0; first < ROWS; first += size) {
      const count = Math.min(size, ROWS - first);
      for (let c = 0; c < WIDTH; c++) {
        const column = Array.from({ length: count }, (_, i) => x[(first + i) * WIDTH + c] as number);
        const average = column.reduce((total, v) => total + v, 0) / count;
        const unbiased = column.reduce((total, v) => total + (v - average) ** 2, 0) / (count - 1);
        means[c] = 0.9 * (means[c] as number) + 0.1 * average;
        variances[c] = 0.9 * (variances[c] as number) + 0.1 * unbiased;
      }
    }
  }
  return { means, variances };
}

/** Batch norm first, so that its input is known; a ragged last batch of 23 − 2·8 = 7 rows. */
function model(): Model {
  const net = sequential([batchNorm1d(WIDTH), linearLayer(WIDTH, 4), relu, linearLayer(4, 1)]);
  return { params: net.params, apply: net.apply, inputShape: [WIDTH], outputShape: [1], config: { model_type: "test" } };
}

const close = (got: ArrayLike<number>, expected: readonly number[]) =>
  expected.forEach((e, i) => {
    expect(Math.abs((got[i] as number) - e)).toBeLessThan(1e-6 * Math.max(1, Math.abs(e)));
  });

describe("batchNorm", () => {
  test("running statistics, evaluation, saving", async () => {
    const run = await engine.fit(model(), { x, y, loss: mse, optimizer: sgd({ lr: 0.05 }), batchSize: 8, epochs: 3, shuffle: false });
    const { store } = run.model;
    const { means, variances } = running(8, 3);
    close(store.get("0.running_mean"), means);
    close(store.get("0.running_var"), variances);

    // A row alone has no variance of its own: evaluation can only give this by the running ones.
    const [first] = await run.model.predict(x.subarray(0, WIDTH));
    const weights = (name: string) => [...store.get(name)];
    const [scale, shift, w1, b1, w2, b2] = ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"].map(weights) as number[][];
    const normal = means.map(
      (m, c) => (((x[c] as number) - m) / Math.sqrt((variances[c] as number) + 1e-5)) * (scale?.[c] as number) + (shift?.[c] as number),
    );
    const hidden = (b1 as number[]).map((b, i) =>
      Math.max(
        0,
        normal.reduce((total, v, c) => total + v * (w1?.[i * WIDTH + c] as number), b),
      ),
    );
    close([first as number], [hidden.reduce((total, h, i) => total + h * (w2?.[i] as number), b2?.[0] as number)]);
    const before = [...(await run.model.predict(x))];
    close(store.get("0.running_mean"), means);

    const folder = await mkdtemp(join(tmpdir(), "tetrad-norm-"));
    try {
      await run.model.save(join(folder, "net"));
      const again = await engine.load(join(folder, "net"), model());
      close(again.store.get("0.running_mean"), means);
      close(again.store.get("0.running_var"), variances);
      expect([...(await again.predict(x))]).toEqual(before);
      await expect(engine.load(join(folder, "net"))).rejects.toThrow(/unknown model_type/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("an interrupted run goes on with its statistics", async () => {
    const options = { x, y, loss: mse, optimizer: sgd({ lr: 0.05 }), batchSize: 8, shuffle: false };
    const half = await engine.fit(model(), { ...options, epochs: 2 });
    const resumed = await engine.fit(model(), { ...options, epochs: 5, resume: half.state });
    const whole = await engine.fit(model(), { ...options, epochs: 5 });
    for (const name of whole.model.store.names) expect(resumed.model.store.get(name), name).toEqual(whole.model.store.get(name));
  });

  test("images", async () => {
    const layer = batchNorm2d(2, { affine: false, momentum: 1 });
    expect(Object.keys(layer.params)).toEqual(["running_mean", "running_var"]);
    const store = engine.store(layer.params);
    const image = Float32Array.from({ length: 2 * 2 * 2 * 3 }, (_, i) => i);
    const train = await engine.compileWith(store, { x: [2, 2, 2, 3] }, (params, { x: input }) =>
      layer.apply(params, input as Tensor, { training: true }),
    );
    train.callSync({ x: image });
    // Channel 0 holds 0 … 5 and 12 … 17: mean 8.5, Σ(x − 8.5)² = 12 · 36 + 2 · 17.5 = 467, over 11.
    close(store.get("running_mean"), [8.5, 14.5]);
    close(store.get("running_var"), [467 / 11, 467 / 11]);
  });

  test("wrong axes", async () => {
    const layer = batchNorm2d(2);
    const store = engine.store(layer.params);
    const compiled = engine.compileWith(store, { x: [4, 2] }, (params, { x: input }) =>
      layer.apply(params, input as Tensor, { training: true }),
    );
    await expect(compiled).rejects.toThrow(TetradError);
  });
});

async function output(layer: Layer, shape: readonly number[], data: ArrayLike<number>, training = false, dtype: "f32" | "i32" = "f32") {
  const store = engine.store(layer.params);
  const program = await engine.compileWith(store, { x: { shape, dtype } }, (params, { x: input }) =>
    layer.apply(params, input as Tensor, { training }),
  );
  return program.callSync({ x: data })["output"] as Float32Array;
}

describe("parameters and starts as in PyTorch", () => {
  test("linear", () => {
    expect(linearLayer(4, 2).params).toEqual({
      weight: { shape: [2, 4], init: { uniform: 0.5 } },
      bias: { shape: [2], init: { uniform: 0.5 } },
    });
    expect(Object.keys(linearLayer(4, 2, { bias: false }).params)).toEqual(["weight"]);
    expect(() => linearLayer(0, 2)).toThrow(TetradError);
  });

  test("norms start as the identity on what is normal", async () => {
    for (const layer of [
      layerNormLayer(4),
      rmsNormLayer(4, { eps: 1e-5 }),
      layerNormLayer([2, 2]),
      layerNormLayer(4, { affine: false }),
      groupNormLayer(1, 4),
    ]) {
      const shape =
        layer.params["weight"] !== undefined && (layer.params["weight"] as { shape: number[] }).shape.length === 2 ? [1, 2, 2] : [1, 4];
      close(
        await output(layer, shape, [1, -1, -1, 1]),
        [1, -1, -1, 1].map((v) => v / Math.sqrt(1 + 1e-5)),
      );
    }
    expect(() => groupNormLayer(3, 4)).toThrow(TetradError);
  });

  test("dropout acts in training only", async () => {
    const ones = new Float32Array(1000).fill(1);
    expect([...(await output(dropoutLayer(0.5), [1000], ones))]).toEqual([...ones]);
    const kept = (await output(dropoutLayer(0.5), [1000], ones, true)).filter((v) => v === 2).length;
    expect(Math.abs(kept - 500)).toBeLessThan(80);
    expect(() => dropoutLayer(1)).toThrow(TetradError);
  });

  test("embedding", async () => {
    const layer = embeddingLayer(5, 3, { paddingIndex: 2 });
    const rows = await output(layer, [4], Int32Array.of(2, 1, 4, 1), false, "i32");
    expect([...rows.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect([...rows.subarray(3, 6)]).toEqual([...rows.subarray(9, 12)]);
    expect(rows.subarray(3).every((v) => v !== 0)).toBe(true);
    expect(() => embeddingLayer(5, 3, { paddingIndex: 5 })).toThrow(TetradError);
  });

  test("a net of norms trains", async () => {
    const net = sequential([linearLayer(WIDTH, 8), layerNormLayer(8), relu, rmsNormLayer(8), linearLayer(8, 1)]);
    const store = engine.store(net.params, { seed: 4 });
    const program = await engine.compile(
      store,
      { x: [ROWS, WIDTH], y: [ROWS, 1] },
      (params, inputs) => mse(net.apply(params, inputs["x"] as Tensor, { training: true }), inputs["y"] as Tensor),
      { optimizer: sgd({ lr: 0.05 }) },
    );
    const losses = Array.from({ length: 60 }, () => program.stepSync({ x, y }).loss);
    expect(losses[59]).toBeLessThan(0.7 * (losses[0] as number));
  });
});
