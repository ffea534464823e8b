// Transformer layers against PyTorch: outputs and every gradient, on the references and on both builds; and packed sequences against padded ones.
import {
  add,
  createEngine,
  type Engine,
  type EngineOptions,
  type FloatDType,
  gradients,
  mul,
  multiHeadAttention,
  normalizeSpec,
  type ParamSpecs,
  reshape,
  sum,
  type Tensor,
  transformerDecoderLayer,
  transformerEncoderLayer,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import golden from "../goldens/nn/transformer.json" with { type: "json" };
import { largestError } from "../support/error.js";

const { width, heads, inner, batch, tokens, keys } = golden;
const SHAPES: Readonly<Record<string, readonly number[]>> = { x: [batch, tokens, width], memory: [batch, keys, width] };
const evaluation = { training: false };
const options = (normFirst: boolean) => ({ feedForward: inner, dropout: 0, activation: "gelu", normFirst }) as const;
type Tensors = Record<string, Tensor>;

interface Part {
  readonly params: ParamSpecs;
  readonly run: (params: Tensors, inputs: Tensors) => Tensor;
}

function partOf(name: string): Part {
  const normFirst = name.endsWith("pre");
  if (name === "attention") {
    const layer = multiHeadAttention(width, heads);
    return { params: layer.params, run: (params, { x }) => layer.apply(params, x as Tensor, evaluation) };
  }
  if (name.startsWith("encoder")) {
    const layer = transformerEncoderLayer(width, heads, options(normFirst));
    return { params: layer.params, run: (params, { x }) => layer.apply(params, x as Tensor, evaluation) };
  }
  const layer = transformerDecoderLayer(width, heads, options(normFirst));
  return { params: layer.params, run: (params, { x, memory }) => layer.apply(params, x as Tensor, memory as Tensor, evaluation) };
}

const machines: readonly {
  readonly name: string;
  readonly options: EngineOptions;
  readonly dtype: FloatDType;
  readonly tolerance: number;
}[] = [
  { name: "reference", options: { backend: "reference" }, dtype: "f64", tolerance: 1e-12 },
  ...(["baseline", "relaxed"] as const).flatMap((build) => [
    { name: `${build} f64`, options: { build, threads: 1 }, dtype: "f64" as const, tolerance: 1e-12 },
    // Logits 1e-5, gradients 2e-5 for float32: the goldens' own rule for such models.
    { name: `${build} f32`, options: { build, threads: 1 }, dtype: "f32" as const, tolerance: 2e-5 },
  ]),
];

/** Key biases move all scores of a query alike: their gradient is zero but for rounding. */
function withoutKeyBias(name: string, values: ArrayLike<number>): number[] {
  const list = Array.from(values);
  return name.endsWith("in_proj_bias") ? [...list.slice(0, width), ...list.slice(2 * width)] : list;
}

describe.each(machines)("$name", ({ options: machine, dtype, tolerance }) => {
  test.each(Object.entries(golden.cases))("%s", async (name, { params, inputs, output, gradients: slopesWanted }) => {
    const engine: Engine = await createEngine(machine);
    try {
      const part = partOf(name);
      expect(Object.keys(part.params).sort()).toEqual(Object.keys(params).sort());
      const shapes = { ...Object.fromEntries(Object.keys(inputs).map((key) => [key, SHAPES[key] as readonly number[]])) };
      const specs = Object.fromEntries([
        ...Object.entries(part.params).map(([key, spec]) => [`p.${key}`, { shape: normalizeSpec(spec).shape, dtype }]),
        ...Object.entries(shapes).map(([key, shape]) => [key, { shape, dtype }]),
        ["weights", { shape: SHAPES["x"] as readonly number[], dtype }],
      ]);
      const names = Object.keys(params);
      const program = await engine.compileFunction((all) => {
        const own = Object.fromEntries(names.map((key) => [key, all[`p.${key}`] as Tensor]));
        const given = Object.fromEntries(Object.keys(inputs).map((key) => [key, all[key] as Tensor]));
        const y = part.run(own, given);
        const wrt = { ...own, ...Object.fromEntries(Object.entries(given).map(([key, value]) => [`in.${key}`, value])) };
        const slopes = gradients(sum(mul(y, all["weights"] as Tensor)), Object.values(wrt));
        return { y, ...Object.fromEntries(Object.keys(wrt).map((key, k) => [`d.${key}`, slopes[k] as Tensor])) };
      }, specs);
      const weights = Float32Array.from({ length: output.length }, (_, i) => -1 + (2 * i) / (output.length - 1));
      const results = program.callSync({
        ...Object.fromEntries(Object.entries(params).map(([key, value]) => [`p.${key}`, value as number[]])),
        ...(inputs as unknown as Record<string, number[]>),
        weights,
      });
      expect(largestError([...(results["y"] as Float64Array)], output), "output").toBeLessThan(tolerance);
      for (const [key, expected] of Object.entries(slopesWanted)) {
        const got = withoutKeyBias(key, results[`d.${key}`] as Float64Array);
        expect(largestError(got, withoutKeyBias(key, expected as number[])), key).toBeLessThan(
          Math.max(tolerance, 2e-7 * (dtype === "f64" ? 0 : 1)),
        );
      }
    } finally {
      await engine.close();
    }
  });
});

test("packed sequences give what padded ones give", async () => {
  const engine = await createEngine({ threads: 2 });
  const layer = transformerEncoderLayer(width, heads, { ...options(false) });
  const store = engine.store(layer.params, { seed: 5 });
  const lengths = [5, 2];
  const padded = await engine.compileWith(store, { x: [2, 5, width], mask: { shape: [2, 5], dtype: "bool" } }, (params, { x, mask }) =>
    layer.apply(params, x as Tensor, evaluation, { keyMask: mask as Tensor }),
  );
  const packed = await engine.compileWith(store, { x: [7, width], cu: { shape: [3], dtype: "i32" } }, (params, { x, cu }) =>
    layer.apply(params, x as Tensor, evaluation, { cuSeqlens: cu as Tensor }),
  );
  const rows = Float32Array.from({ length: 7 * width }, (_, i) => Math.sin(i * 1.3));
  const wide = new Float32Array(10 * width);
  wide.set(rows.subarray(0, 5 * width));
  wide.set(rows.subarray(5 * width), 5 * width);
  const a = [...(padded.callSync({ x: wide, mask: [1, 1, 1, 1, 1, 1, 1, 0, 0, 0] })["output"] as Float32Array)].slice(0, 7 * width);
  const b = [...(packed.callSync({ x: rows, cu: [0, 5, 7] })["output"] as Float32Array)];
  expect(lengths.reduce((total, n) => total + n)).toBe(7);
  expect(largestError(b, a)).toBeLessThan(1e-6);
  await engine.close();
});

test("dropout is active in training only, and its gradient goes through the same mask", async () => {
  const engine = await createEngine({ threads: 1 });
  const layer = transformerEncoderLayer(width, heads, { feedForward: inner, dropout: 0.5 });
  const store = engine.store(layer.params, { seed: 1 });
  const outputs = await Promise.all(
    [true, false].map(async (training) => {
      const program = await engine.compileWith(store, { x: [2, 5, width] }, (params, { x }) =>
        layer.apply(params, x as Tensor, { training }),
      );
      const x = Float32Array.from({ length: 10 * width }, (_, i) => Math.cos(i));
      return [...(program.callSync({ x })["output"] as Float32Array)];
    }),
  );
  expect(outputs[0]).not.toEqual(outputs[1]);
  const once = await engine.compileWith(store, { x: [2, 5, width] }, (params, { x }) =>
    reshape(add(layer.apply(params, x as Tensor, { training: false }), 0), [-1]),
  );
  expect([...(once.callSync({ x: Float32Array.from({ length: 10 * width }, (_, i) => Math.cos(i)) })["output"] as Float32Array)]).toEqual(
    outputs[1],
  );
  await engine.close();
});
