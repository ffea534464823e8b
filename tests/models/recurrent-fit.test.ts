// Recurrent nets in `fit` and in plans: a ragged last batch trains like its own batch, both backends agree, and a turn of the loop is one product and a few small launches.
import {
  adam,
  createEngine,
  type EngineOptions,
  type FitRun,
  gruLayer,
  type Layer,
  linear,
  lstmLayer,
  type Model,
  mean,
  mse,
  nested,
  select,
  sgd,
  square,
  type Tensor,
  within,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";

const [ROWS, STEPS, FEATURES, UNITS, BATCH] = [45, 6, 2, 9, 16];

/** The last h of a layer, and a linear map of it. */
function regressor(layer: Layer): Model {
  return {
    params: {
      ...nested("rnn", layer),
      ...nested("head", { params: { weight: { shape: [1, UNITS], init: { uniform: 0.3 } }, bias: [1] } }),
    },
    inputShape: [STEPS, FEATURES],
    outputShape: [1],
    config: { model_type: "test" },
    apply(params, x, context) {
      const h = layer.apply(within(params, "rnn"), x, context);
      return linear(select(h, 1, -1), params["head.weight"] as Tensor, params["head.bias"]);
    },
  };
}

const layers: Readonly<Record<string, Layer>> = {
  lstm: lstmLayer(FEATURES, UNITS, { batchFirst: true, layers: 2 }),
  gru: gruLayer(FEATURES, UNITS, { batchFirst: true, layers: 2 }),
};

const x = Float32Array.from({ length: ROWS * STEPS * FEATURES }, (_, i) => Math.sin(0.7 * i) * Math.cos(0.13 * i * i));
/** What came first times what came last: nothing that the last step alone could tell. */
const y = Float32Array.from({ length: ROWS }, (_, row) => {
  const at = (t: number) => x[(row * STEPS + t) * FEATURES] as number;
  return at(0) * at(STEPS - 1) + at(2);
});

async function train(layer: Layer, options: EngineOptions, epochs: number): Promise<FitRun> {
  await using engine = await createEngine(options);
  return await engine.fit(regressor(layer), {
    x: { data: x, shape: [ROWS, STEPS, FEATURES] },
    y: { data: y, shape: [ROWS, 1] },
    loss: mse,
    optimizer: adam({ lr: 0.02 }),
    batchSize: BATCH,
    epochs,
    seed: 3,
  });
}

describe.each(Object.entries(layers))("%s", (name, layer) => {
  test("learns, with a ragged last batch", async () => {
    const { history, outcome } = await train(layer, { threads: 1 }, 60);
    expect(outcome).toBe("finished");
    expect(history.steps.length).toBe(60 * 3);
    expect(history.loss.at(-1)).toBeLessThan(0.1 * (history.loss[0] as number));
  });

  test("two threads give the bits of one, and the kernels the losses of the references", async () => {
    const [one, two, reference] = await Promise.all([
      train(layer, { threads: 1 }, 4),
      train(layer, { threads: 2 }, 4),
      train(layer, { backend: "reference" }, 4),
    ]);
    expect(two.history.steps).toEqual(one.history.steps);
    // f32 against f64 over twelve steps of Adam.
    reference.history.steps.forEach((loss, i) => expect(Math.abs((one.history.steps[i] as number) - loss)).toBeLessThan(1e-5));
  });

  test("what a turn of the loop launches", async () => {
    await using engine = await createEngine({ threads: 1 });
    const net = { lstm: lstmLayer, gru: gruLayer }[name] as typeof lstmLayer;
    const single = net(FEATURES, UNITS);
    const store = engine.store(single.params);
    const forward = await engine.compileWith(store, { x: [STEPS, 4, FEATURES] }, (params, inputs) =>
      single.apply(params, inputs["x"] as Tensor, { training: false }),
    );
    expect(turnsOf(forward.planText())).toEqual([["slice_in", "gemm_f32 → add", `${name}_cell_f32`, "slice_out", "ew_f32 copy"]]);
    const training = await engine.compile(
      store,
      { x: [STEPS, 4, FEATURES] },
      (params, inputs) => mean(square(single.apply(params, inputs["x"] as Tensor, { training: true }))),
      { optimizer: sgd({ lr: 0.1 }) },
    );
    const backward =
      name === "lstm"
        ? ["slice_in", "slice_in", "lstm_cell_backward_f32", "gemm_f32 → copy", "slice_out", "ew_f32 copy"]
        : ["slice_in", "slice_in", "gru_cell_backward_f32", "gemm_f32 → add → copy", "slice_out", "slice_out"];
    expect(turnsOf(training.planText())).toEqual([
      ["slice_in", "gemm_f32 → add", `${name}_cell_f32`, "slice_out", "slice_out", "ew_f32 copy"],
      backward,
    ]);
  });
});

/** Launches inside each loop of a plan. */
function turnsOf(plan: string): string[][] {
  const loops: string[][] = [];
  for (const [, turn, title] of plan.matchAll(/^ *\d+\.(\d+) ([^(:]+?)(?: \(|:)/gm)) {
    if (turn === "0") loops.push([]);
    loops.at(-1)?.push(title as string);
  }
  return loops;
}
