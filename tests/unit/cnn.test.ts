// The convolutional model and its layers: names and sizes of parameters, how they start, descriptions that round-trip, what they refuse.
import {
  cnn,
  conv1dLayer,
  conv2dLayer,
  convTranspose2dLayer,
  createEngine,
  type Layer,
  maxPool2d,
  modelFromConfig,
  type ParamSpec,
  sequential,
  type Tensor,
  TetradError,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";

const shapes = (params: Layer["params"]) =>
  Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, (spec as ParamSpec).shape]));
const bounds = (params: Layer["params"]) => Object.values(params).map((spec) => ((spec as ParamSpec).init as { uniform: number }).uniform);
const code = (f: () => unknown) => {
  try {
    f();
  } catch (error) {
    return error instanceof TetradError ? error.code : `${error}`;
  }
  return undefined;
};

test("layers have PyTorch's names, shapes and bounds", () => {
  expect(shapes(conv2dLayer(6, 8, [3, 5], { groups: 2 }).params)).toEqual({ weight: [8, 3, 3, 5], bias: [8] });
  expect(bounds(conv2dLayer(6, 8, [3, 5], { groups: 2 }).params)).toEqual([1 / Math.sqrt(45), 1 / Math.sqrt(45)]);
  expect(shapes(conv1dLayer(4, 8, 3, { bias: false }).params)).toEqual({ weight: [8, 4, 3] });
  expect(shapes(convTranspose2dLayer(6, 8, 4, { groups: 2 }).params)).toEqual({ weight: [6, 4, 4, 4], bias: [8] });
  // torch.nn.init takes the fan-in of transposed weights from their second axis.
  expect(bounds(convTranspose2dLayer(6, 8, 4, { groups: 2 }).params)).toEqual([1 / 8, 1 / 8]);
});

test("layers in a sequence", async () => {
  const net = sequential([
    conv2dLayer(1, 2, 3, { padding: "same" }),
    (x: Tensor) => maxPool2d(x, { kernel: 2 }),
    convTranspose2dLayer(2, 1, 2, { stride: 2 }),
  ]);
  await using engine = await createEngine({ backend: "reference" });
  const store = engine.store(net.params);
  const constant = (name: string, value: number) => store.set(name, store.get(name).fill(value));
  constant("0.weight", 1);
  constant("0.bias", 0.5);
  constant("2.weight", 1);
  constant("2.bias", -1);
  const program = await engine.compileWith(store, { x: [1, 1, 2, 4] }, (params, { x }) =>
    net.apply(params, x as Tensor, { training: false }),
  );
  // Sums of 3 × 3 neighbourhoods plus a half, the largest of each 2 × 2, of two equal channels, repeated 2 × 2, less one.
  const { output } = program.callSync({ x: [1, 2, 3, 4, 5, 6, 7, 8] });
  expect([...(output as Float32Array)]).toEqual([48, 48, 60, 60, 48, 48, 60, 60]);
});

describe("cnn", () => {
  const options = { input: [3, 12, 10], channels: [4, 6], kernel: 5, padding: 2, pool: 2, hidden: [7], classes: 5, dropout: 0.25 };

  test("parameters and description", () => {
    const net = cnn(options);
    expect(shapes(net.params)).toEqual({
      "conv.0.weight": [4, 3, 5, 5],
      "conv.0.bias": [4],
      "conv.1.weight": [6, 4, 5, 5],
      "conv.1.bias": [6],
      "layers.0.weight": [7, 6 * 3 * 2],
      "layers.0.bias": [7],
      "layers.1.weight": [5, 7],
      "layers.1.bias": [5],
    });
    expect(net.inputShape).toEqual([3, 12, 10]);
    expect(net.outputShape).toEqual([5]);
    const again = modelFromConfig(JSON.parse(JSON.stringify(net.config)));
    expect(again.config).toEqual(net.config);
    expect(again.params).toEqual(net.params);
  });

  test("flat images, no stages, no pooling", async () => {
    await using engine = await createEngine({ backend: "reference" });
    for (const net of [
      cnn(options),
      cnn({ input: [1, 2, 3], channels: [], classes: 2 }),
      cnn({ input: [1, 4, 4], channels: [2], pool: 1, classes: 3 }),
    ]) {
      const rows = net.inputShape.reduce((product, extent) => product * extent, 1);
      const store = engine.store(net.params, { seed: 3 });
      const outputs: number[][] = [];
      for (const shape of [
        [2, rows],
        [2, ...net.inputShape],
      ]) {
        const program = await engine.compileWith(store, { x: shape }, (params, { x }) =>
          net.apply(params, x as Tensor, { training: false }),
        );
        const { output } = program.callSync({ x: Float32Array.from({ length: 2 * rows }, (_, i) => (i % 5) - 2) });
        outputs.push([...(output as Float32Array)]);
      }
      expect(outputs[0]).toHaveLength(2 * (net.outputShape[0] as number));
      expect(outputs[1]).toEqual(outputs[0]);
    }
  });

  test("refuses sizes that make no network, and damaged descriptions", () => {
    expect(code(() => cnn({ ...options, input: [12, 10] }))).toBe("ARGUMENT");
    expect(code(() => cnn({ ...options, classes: 0 }))).toBe("ARGUMENT");
    expect(code(() => cnn({ ...options, channels: [4, 1.5] }))).toBe("ARGUMENT");
    expect(code(() => cnn({ ...options, padding: -1 }))).toBe("ARGUMENT");
    expect(code(() => cnn({ ...options, channels: [4, 4, 4, 4] }))).toBe("ARGUMENT");
    expect(code(() => cnn({ ...options, activation: "rely" as "relu" }))).toBe("ARGUMENT");
    expect(code(() => modelFromConfig({ ...cnn(options).config, channels: "many" }))).toBe("FORMAT");
    expect(code(() => modelFromConfig({ ...cnn(options).config, activation: "none" }))).toBe("FORMAT");
  });
});
