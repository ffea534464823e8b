// Stored weights against llama.cpp's own reader, and what integer products promise beyond their cases: the same bits on both builds, fused epilogues, nearness to f32.
import { control } from "@tetrad/kernels-wasm";
import { afterAll, describe, expect, test } from "vitest";
import { WasmRuntime } from "../../packages/engine/src/backends/wasm/runtime.js";
import { add } from "../../packages/engine/src/ops/add.js";
import { dequantize } from "../../packages/engine/src/ops/dequantize.js";
import { gelu } from "../../packages/engine/src/ops/gelu.js";
import { linearInt8 } from "../../packages/engine/src/ops/linearInt8.js";
import { linearQuantized } from "../../packages/engine/src/ops/linearQuantized.js";
import { matmul } from "../../packages/engine/src/ops/matmul.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { square } from "../../packages/engine/src/ops/square.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import {
  type FormatName,
  type IntegerFormat,
  integerPanels,
  largestColumns,
  panelsId,
  type QuantizedWeight,
  quantizeWeights,
  WEIGHT_FORMATS,
} from "../../packages/engine/src/quant/index.js";
import { widenStored } from "../../packages/engine/src/quant/stored.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { grad } from "../../packages/engine/src/transforms/grad.js";
import golden from "../goldens/quant/blocks.json" with { type: "json" };
import { closeEngines, sharedEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { randoms } from "../support/ops-cases.js";
import { allowed, EPS } from "../support/tolerance.js";

const engineOf = (build: "baseline" | "relaxed") => sharedEngine({ build, threads: 2 });
afterAll(closeEngines);

/** Normal numbers (Box and Muller), float32. */
function normals(size: number, seed: number): Float32Array {
  const next = randoms(seed);
  return Float32Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

const EXACT = 3;

/** Weights as `linearInt8` reads them, with "int8" EXACT columns exact, and the shape of their bytes. */
function panelsOf(
  weights: ArrayLike<number>,
  shape: readonly [number, number],
  format: IntegerFormat,
): QuantizedWeight & { readonly spec: { shape: number[]; dtype: "u8" } } {
  const stored = quantizeWeights(weights, shape, format, format === "int8" ? largestColumns(weights, shape[1], EXACT) : []);
  const packed = format === "int8" ? stored : integerPanels(stored);
  const panels = Math.ceil(shape[0] / 8);
  return { ...packed, spec: { shape: [panels, packed.bytes.length / panels], dtype: "u8" } };
}

describe.each(Object.entries(golden.read))("%s", (format, { columns, bytes, values }) => {
  const kind = WEIGHT_FORMATS[format as FormatName];

  test("the float64 reference reads what llama.cpp reads", () => {
    bytes.forEach((row, i) => {
      const got = kind.decode(Uint8Array.from(row), columns);
      expect([...Float32Array.from(got)], `row ${i}`).toEqual(values[i]);
    });
  });

  test.each(["baseline", "relaxed"] as const)("the kernel widens to the same float32, %s", async (build) => {
    const engine = await engineOf(build);
    const size = kind.rowBytes(columns);
    const program = await engine.compileFunction(({ w }) => dequantize(w as Tensor, format as FormatName, columns), {
      w: { shape: [3, size], dtype: "u8" },
    });
    // −0 becomes 0.
    expect([...(program.callSync({ w: bytes.flat() })["output"] as Float32Array)]).toEqual(values.flat().map((x) => x + 0));
    program.close();
  });
});

test.each(Object.entries(golden.write.bytes))("what we write as %s is what llama.cpp writes", (format, bytes) => {
  const { numbers } = golden.write;
  const written = quantizeWeights(numbers.flat(), [2, 64], format as FormatName);
  expect([...written.bytes]).toEqual(bytes.flat());
});

test("half precision numbers of every kind survive", () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    65504,
    65519,
    65520,
    1e9,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -25,
    6.1e-5,
    0.1,
    1 / 3,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const expected = [
    0,
    -0,
    1,
    -1,
    65504,
    65504,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    2 ** -24,
    0,
    2 ** -24,
    6.097555160522461e-5,
    0.0999755859375,
    0.333251953125,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const { bytes } = quantizeWeights(numbers, [1, numbers.length], "f16");
  expect([...WEIGHT_FORMATS.f16.decode(bytes, numbers.length)]).toEqual(expected);
  expect(WEIGHT_FORMATS.f16.decode(quantizeWeights([Number.NaN], [1, 1], "f16").bytes, 1)[0]).toBeNaN();
  expect(WEIGHT_FORMATS.bf16.decode(quantizeWeights([Number.NaN, 1.00390625, 3.39e38, 3.4e38], [1, 4], "bf16").bytes, 4)).toEqual(
    Float64Array.of(Number.NaN, 1, 3.3895313892515355e38, Number.POSITIVE_INFINITY),
  );
});

test.each(["int8", "q8_0", "q4_0", "q4_1"] as const)(
  "%s: integer products have the same bits on both builds, and any number of threads",
  async (format) => {
    const [m, n, k] = [13, 37, 96];
    const weights = panelsOf(normals(n * k, 1), [n, k], format);
    const results = await Promise.all(
      (["baseline", "relaxed"] as const).flatMap((build) =>
        [1, 2].map(async (threads) => {
          const engine = await engineOf(build);
          const program = await engine.compileFunction(
            ({ x, w }) => linearInt8(x as Tensor, w as Tensor, format, [n, k]),
            { x: [m, k], w: weights.spec },
            { threads },
          );
          const y = [...(program.callSync({ x: normals(m * k, 2), w: weights.bytes })["output"] as Float32Array)];
          program.close();
          return y;
        }),
      ),
    );
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  },
);

test.each([
  ["int8", 13, 37, 96],
  ["int8", 6, 19, 70],
  ["int8", 8, 9, 40_000],
  ["q8_0", 3, 19, 96],
  ["q4_0", 1, 37, 96],
  ["q4_1", 5, 8, 1024],
] as const)("%s: the dot instruction and ways around it give the same bits, %i × %i × %i", async (format, m, n, k) => {
  const runtime = await WasmRuntime.create({ build: "relaxed", maxThreads: 2 });
  await runtime.ensure(["quant-f32"]);
  const { memory } = runtime;
  // A column of the largest weights and rows of one size are where sums of 16 bits come nearest to their limit.
  const numbers = normals(n * k, 12).fill(-3, 0, k);
  const weights = panelsOf(numbers, [n, k], format).bytes;
  const [a, w, c, words] = [m * k * 4, weights.length, m * n * 4, 64].map((bytes) => memory.allocate(bytes)) as [
    number,
    number,
    number,
    number,
  ];
  memory.f32(a, m * k).set(normals(m * k, 13).fill(1, 0, k));
  memory.u8(w, weights.length).set(weights);
  const parameters = [m, n, k, k, panelsId(format), weights.length / Math.ceil(n / 8)];
  const kernel = format === "int8" ? "gemm_int8_f32" : "gemm_panels_int8_f32";
  memory.i32(words, 8 + parameters.length).set([runtime.slot(kernel), 0, 8 + parameters.length, c, a, w, 0, 0, ...parameters]);
  const results = [0, 1].flatMap((imitated) =>
    [1, 2].map((threads) => {
      memory.i32(control.DOT_IMITATED, 1)[0] = imitated;
      memory.f32(c, m * n).fill(Number.NaN);
      runtime.runSync(words, 1, 1, threads);
      return [...memory.f32(c, m * n)];
    }),
  );
  await runtime.close();
  expect(results[0]?.every(Number.isFinite)).toBe(true);
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
});

test.each(["int8", "q8_0"] as const)("%s: near the float32 product of the same weights", async (format) => {
  const [m, n, k] = [16, 64, 384];
  const [x, w] = [normals(m * k, 3), normals(n * k, 4)];
  const weights = panelsOf(w, [n, k], format);
  const engine = await engineOf("relaxed");
  const program = await engine.compileFunction(
    ({ x, w, q }) => ({
      exact: matmul(x as Tensor, w as Tensor, { transposeB: true }),
      rounded: linearInt8(x as Tensor, q as Tensor, format, [n, k]),
    }),
    { x: [m, k], w: [n, k], q: weights.spec },
  );
  const { exact, rounded } = program.callSync({ x, w, q: weights.bytes });
  // Rounding to steps of a (activations: max/127; weights: max/63 or max/127) gives independent errors of a/√12: their share of a sum of k products of normals.
  const [stepX, stepW] = [3.3 / 127, format === "int8" ? 3.3 / 63 : 2.5 / 127];
  const deviation = Math.sqrt(k) * Math.sqrt(stepX ** 2 / 12 + stepW ** 2 / 12);
  const errors = [...(exact as Float32Array)].map((y, i) => y - (rounded?.[i] as number));
  const rms = Math.sqrt(errors.reduce((total, e) => total + e * e, 0) / errors.length);
  expect(rms).toBeLessThan(1.3 * deviation);
  expect(rms).toBeGreaterThan(0);
});

test("bias and activation join the launch, and gradients flow to activations", async () => {
  const engine = await engineOf("relaxed");
  const weights = quantizeWeights(normals(24 * 64, 5), [24, 64], "q8_0");
  const shape = [24, weights.bytes.length / 24];
  const layer = (x: Tensor, w: Tensor, b: Tensor) => gelu(add(linearQuantized(x, w, "q8_0", [24, 64]), b));
  const forward = await engine.compileFunction(({ x, w, b }) => layer(x as Tensor, w as Tensor, b as Tensor), {
    x: [5, 64],
    w: { shape, dtype: "u8" },
    b: [24],
  });
  expect(forward.planText().split("\n")[0]).toMatch(/gemm_quantized_f32 → add → gelu/);
  const panels = panelsOf(normals(24 * 64, 5), [24, 64], "q8_0");
  const integers = await engine.compileFunction(
    ({ x, w, b }) => gelu(add(linearInt8(x as Tensor, w as Tensor, "q8_0", [24, 64]), b as Tensor)),
    { x: [5, 64], w: panels.spec, b: [24] },
  );
  expect(integers.planText().split("\n")[0]).toMatch(/gemm_panels_int8_f32 → add → gelu/);
  const slopes = await engine.compileFunction(
    ({ x, w, b }) => ({
      stored: grad((t: Tensor) => sum(layer(t, w as Tensor, b as Tensor)))(x as Tensor),
      widened: grad((t: Tensor) => sum(gelu(add(matmul(t, dequantize(w as Tensor, "q8_0", 64), { transposeB: true }), b as Tensor))))(
        x as Tensor,
      ),
    }),
    { x: [5, 64], w: { shape, dtype: "u8" }, b: [24] },
  );
  const { stored, widened } = slopes.callSync({ x: normals(320, 6), w: weights.bytes, b: normals(24, 7) });
  stored?.forEach((g, i) => expect(Math.abs(g - (widened?.[i] as number))).toBeLessThan(1e-5));
});

test.each([
  ["int8", 13, 37, 96],
  ["int8", 70, 30, 45],
  ["q8_0", 9, 300, 64],
  ["q4_0", 33, 24, 512],
  ["q4_1", 7, 9, 96],
] as const)(
  "%s: what flows back is dY times the weights as they were rounded, %i × %i × %i, the same bits by any number of threads",
  async (format, m, n, k) => {
    const { bytes, spec } = panelsOf(normals(n * k, 21), [n, k], format);
    const [x, dy] = [normals(m * k, 22), normals(m * n, 23)];
    const weights = widenStored({ layout: "panels", format, outliers: format === "int8" ? EXACT : 0, shape: [n, k], dtype: "f64" }, bytes);
    const want = Float64Array.from({ length: m * k }, (_, i) => {
      const [row, column] = [Math.floor(i / k), i % k];
      let total = 0;
      for (let p = 0; p < n; p++) total += (dy[row * n + p] as number) * (weights[p * k + column] as number);
      return total;
    });
    for (const build of ["baseline", "relaxed"] as const) {
      const engine = await sharedEngine({ build, threads: 4 });
      let first: Float32Array | undefined;
      for (const threads of [1, 2, 4]) {
        const program = await engine.compileFunction(
          ({ x, w, dy }) => grad((t: Tensor) => sum(mul(linearInt8(t, w as Tensor, format, [n, k]), dy as Tensor)))(x as Tensor),
          { x: [m, k], w: spec, dy: [m, n] },
          { threads },
        );
        expect(program.planText()).toMatch(/gemm_panels_f32/);
        const got = program.callSync({ x, w: bytes, dy })["output"] as Float32Array;
        first ??= got.slice();
        expect([...got]).toEqual([...first]);
        program.close();
      }
      expect(largestError(first as Float32Array, want)).toBeLessThan(allowed("reduction", n, false) * EPS.f32);
    }
  },
);

test("what is added to it joins the launch of what flows back", async () => {
  const engine = await engineOf("relaxed");
  const { spec } = panelsOf(normals(24 * 64, 5), [24, 64], "int8");
  const program = await engine.compileFunction(
    ({ x, w }) => add(grad((t: Tensor) => sum(square(linearInt8(t, w as Tensor, "int8", [24, 64]))))(x as Tensor), x as Tensor),
    { x: [5, 64], w: spec },
  );
  expect(program.planText()).toMatch(/gemm_panels_f32 → add/);
});

// Rows of A in several numbers: the matrix-vector product and the tiled one are two shaders.
test.each([1, 40])("GELU joins integer products of %i rows on WebGPU", async (rows) => {
  const { bytes, spec } = panelsOf(normals(64 * 32, 3), [64, 32], "int8");
  const x = normals(rows * 32, 4);
  const results: Float32Array[] = [];
  for (const backend of ["wasm", "webgpu"] as const) {
    const engine = await sharedEngine({ backend });
    const program = await engine.compileFunction(({ x: input, w }) => gelu(linearInt8(input as Tensor, w as Tensor, "int8", [64, 32])), {
      x: [rows, 32],
      w: spec,
    });
    const { output } = await program.call({ x, w: bytes });
    results.push(Float32Array.from(output as Float32Array));
  }
  const [wasm, webgpu] = results as [Float32Array, Float32Array];
  const largest = wasm.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Sums are exact; what differs is the last step's rounding and erf's.
  wasm.forEach((value, i) => {
    expect(Math.abs((webgpu[i] as number) - value)).toBeLessThan(2e-6 * largest);
  });
});

test("NaN and infinite activations show in every product of their row, and in no other", async () => {
  const engine = await engineOf("relaxed");
  const weights = quantizeWeights(normals(8 * 32, 8), [8, 32], "int8");
  const program = await engine.compileFunction(({ x, w }) => linearInt8(x as Tensor, w as Tensor, "int8", [8, 32]), {
    x: [3, 32],
    w: { shape: [1, weights.bytes.length], dtype: "u8" },
  });
  const x = normals(96, 9);
  x[5] = Number.NaN;
  x[70] = Number.POSITIVE_INFINITY;
  const y = program.callSync({ x, w: weights.bytes })["output"] as Float32Array;
  expect([...y].map(Number.isFinite)).toEqual([...new Array(8).fill(false), ...new Array(8).fill(true), ...new Array(8).fill(false)]);
});

test.each(["q8_0", "q4_0", "q4_1"] as const)("%s: panels hold what the rows held", async (format) => {
  const [m, n, k] = [3, 11, 64];
  const stored = quantizeWeights(normals(n * k, 11), [n, k], format);
  const engine = await engineOf("baseline");
  const panels = panelsOf(normals(n * k, 11), [n, k], format);
  const program = await engine.compileFunction(
    ({ x, rows, w }) => ({
      rows: linearQuantized(x as Tensor, rows as Tensor, format, [n, k]),
      panels: linearInt8(x as Tensor, w as Tensor, format, [n, k]),
    }),
    { x: [m, k], rows: { shape: [n, stored.bytes.length / n], dtype: "u8" }, w: panels.spec },
  );
  // Activations that are whole numbers up to 127 lose nothing.
  const x = Float32Array.from({ length: m * k }, (_, i) => (i % k === 0 ? 127 : ((i * 37) % 255) - 127));
  const y = program.callSync({ x, rows: stored.bytes, w: panels.bytes });
  const scale = Math.max(...(y["rows"] as Float32Array).map(Math.abs));
  y["rows"]?.forEach((value, i) => expect(Math.abs(value - (y["panels"]?.[i] as number))).toBeLessThan(1e-6 * scale));
});

test("what does not fit is refused", async () => {
  const [engine, long] = [await engineOf("baseline"), 1 << 18];
  const compiled = engine.compileFunction(({ x, w }) => linearInt8(x as Tensor, w as Tensor, "int8", [1, long]), {
    x: [1, long],
    w: { shape: [1, 8], dtype: "u8" },
  });
  await expect(compiled).rejects.toThrow(/do not fit 32 bits.*at most 131072/);
  expect(() => integerPanels(quantizeWeights([1], [1, 1], "f16"))).toThrow(/GGUF blocks only/);
  expect(() => quantizeWeights([1, 2, 3], [1, 3], "q8_0")).toThrow(/whole number of blocks.*multiple of 32/);
  expect(() => quantizeWeights([1, 2], [1, 3], "f16")).toThrow(/do not fill their shape/);
  expect(() => quantizeWeights(new Array(256).fill(0), [1, 256], "q6_K")).toThrow(/only read/);
  expect(() => quantizeWeights([1], [1, 1], "q4_2" as FormatName)).toThrow(/did you mean/);
});

test("columns that stay exact are given upwards, to int8 alone; the least weights stay within seven bits", () => {
  const weights = normals(8 * 32, 31);
  for (const columns of [[3, 1], [2, 2], [32], [-1], [0.5]]) {
    expect(() => quantizeWeights(weights, [8, 32], "int8", columns)).toThrow(/columns that stay exact are numbers of columns, upwards/);
  }
  expect(() => quantizeWeights(weights, [8, 32], "q8_0", [1])).toThrow(/only int8 keeps columns exact/);
  const { bytes } = quantizeWeights(Float32Array.of(1e-44, -1e-44, 3e-45, 0), [1, 4], "int8");
  expect([...bytes.subarray(32, 36)].every((byte) => byte >= 1 && byte <= 127)).toBe(true);
});
