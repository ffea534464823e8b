// Layers nest under PyTorch's dotted names, and each is given its own parameters.
import { createEngine, type Layer, mul, nested, relu, sequential, type Tensor, within } from "@tetrad/engine";
import { expect, test } from "vitest";

const scale = (initial: number): Layer => ({
  params: { weight: { shape: [3], init: { constant: initial } } },
  apply: ({ weight }, x) => mul(x, weight as Tensor),
});

test("nested and within are inverse", () => {
  expect(nested("encoder.0", scale(2))).toEqual({ "encoder.0.weight": { shape: [3], init: { constant: 2 } } });
  expect(nested("a", { params: { b: [3] } })).toEqual({ "a.b": { shape: [3] } });
  const a = {} as Tensor;
  const b = {} as Tensor;
  expect(within({ "x.0.weight": a, "x.01.weight": b, "xx.0.weight": b }, "x.0")).toEqual({ weight: a });
});

test("a sequence numbers functions too and runs in order", async () => {
  const net = sequential([scale(2), relu, scale(5)]);
  expect(Object.keys(net.params)).toEqual(["0.weight", "2.weight"]);
  await using engine = await createEngine({ backend: "reference" });
  const store = engine.store(net.params);
  const program = await engine.compileWith(store, { x: [3] }, (params, { x }) => net.apply(params, x as Tensor, { training: false }));
  expect([...(program.callSync({ x: [1, -1, 3] })["output"] as Float32Array)]).toEqual([10, 0, 30]);
});
