/**
 * Accuracy of the element-wise functions of the WebGPU backend: over the whole range of bit patterns against float64, in units in the last place.
 * docs/vector-math.md states the same bounds. A device may take subnormal numbers for 0, as arguments and as results.
 */
import { manifest } from "@tetrad/kernels-wasm";
import { loadShader, WORKGROUP } from "@tetrad/kernels-wgsl";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebGpuDevice } from "../../packages/engine/src/backends/webgpu/device.js";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STORAGE, UNIFORM } from "../../packages/engine/src/backends/webgpu/flags.js";
import { fillNormal, fillUniform } from "../../packages/engine/src/random.js";
import { digamma } from "../../packages/engine/src/special.js";
import { argumentPairs, BINARY, EDGES, error32, geluSlope, POW_ATAN2, UNARY_F32, ulp32, unitError } from "../support/vector-math.js";

const STATE = [0x5678_9abc, 0x1234, 3, 256] as const;
const SOURCE = { seed: 0x1234_5678_9abc, stream: 0xfedc_ba98, step: 2 ** 40 + 3 } as const;

let gpu: WebGpuDevice;
beforeAll(async () => {
  gpu = await WebGpuDevice.open();
});
afterAll(() => gpu.destroy());

interface Options {
  readonly type?: "f32" | "i32";
  readonly imm?: readonly number[];
  /** The function takes the element's index, the random state and a stream. */
  readonly random?: boolean;
}

/** A function's values on `inputs`; without inputs, of the first `count` indices. */
async function run<T extends Float32Array | Int32Array>(
  op: string,
  inputs: readonly T[],
  { type = "f32", imm = [], random = false }: Options = {},
  count = inputs[0]?.length ?? 0,
): Promise<T> {
  const args = [
    ...inputs.map((_, k) => `x${k}[i]`),
    ...(random ? ["i", "p.state", "p.stream"] : []),
    ...imm.map((_, k) => `${type}(p.imm[${k}])`),
  ];
  const source = await loadShader("elementwise", op);
  const text = [
    source,
    "struct Params { state: vec4<u32>, imm: vec4<f32>, stream: u32 }",
    "@group(0) @binding(0) var<uniform> p: Params;",
    `@group(0) @binding(1) var<storage, read_write> y: array<${type}>;`,
    ...inputs.map((_, k) => `@group(0) @binding(${k + 2}) var<storage, read> x${k}: array<${type}>;`),
    `@compute @workgroup_size(${WORKGROUP})`,
    "fn main(@builtin(global_invocation_id) id: vec3<u32>) {",
    "  let i = id.x;",
    `  if (i < arrayLength(&y)) { y[i] = ${op}_${type}(${args.join(", ")}); }`,
    "}",
  ].join("\n");
  const { pipeline, layout } = await gpu.pipeline(op, text);
  const { device, queue } = gpu;
  const made: GPUBuffer[] = [];
  const buffer = (size: number, usage: number): GPUBuffer => {
    const one = device.createBuffer({ size, usage });
    made.push(one);
    return one;
  };
  const params = new DataView(new ArrayBuffer(48));
  STATE.forEach((word, k) => void params.setUint32(4 * k, word, true));
  imm.forEach((value, k) => void params.setFloat32(16 + 4 * k, value, true));
  params.setUint32(32, SOURCE.stream, true);
  const uniform = buffer(48, UNIFORM | COPY_DST);
  queue.writeBuffer(uniform, 0, params.buffer);
  const y = buffer(count * 4, STORAGE | COPY_SRC);
  const staging = buffer(count * 4, MAP_READ | COPY_DST);
  const operands = inputs.map((input) => {
    const one = buffer(input.byteLength, STORAGE | COPY_DST);
    queue.writeBuffer(one, 0, input as T & ArrayBufferView<ArrayBuffer>);
    return one;
  });
  const entries = [uniform, y, ...operands].map((one, binding) => ({ binding, resource: { buffer: one } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(Math.ceil(count / WORKGROUP));
  pass.end();
  encoder.copyBufferToBuffer(y, 0, staging, 0, count * 4);
  queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  gpu.check();
  const bytes = staging.getMappedRange().slice(0);
  for (const one of made) one.destroy();
  return (type === "f32" ? new Float32Array(bytes) : new Int32Array(bytes)) as T;
}

const LEAST_NORMAL = 2 ** -126;
const flushed = (x: number) => (Math.abs(x) < LEAST_NORMAL ? x * 0 : x);

/** Error in ulp of a result whose last steps may have been flushed to 0: then it may be off by `tiny`, where that is more. */
function error(got: number, want: number, tiny = LEAST_NORMAL): number {
  if (Math.abs(want) < 16 * tiny && Math.abs(got - want) <= tiny) return 0;
  const off = error32(got, want);
  return Number.isNaN(off) ? Infinity : off;
}

/** Worst error over every STRIDE-th f32, and the argument it is at; a subnormal argument may count as 0. */
async function sweep(
  op: string,
  f: (x: number) => number,
  imm: readonly number[],
  measure: (got: number, want: number, x: number) => number,
) {
  const STRIDE = 4099;
  const bits = Uint32Array.from({ length: Math.ceil(2 ** 32 / STRIDE) }, (_, i) => i * STRIDE);
  const x = new Float32Array(bits.buffer);
  const y = await run(op, [x], { imm });
  let worst = { error: 0, x: 0, got: 0 };
  x.forEach((value, i) => {
    const got = y[i] as number;
    let off = measure(got, f(value), value);
    if (!(off <= 0.5) && flushed(value) !== value) off = Math.min(off, measure(got, f(flushed(value)), value));
    if (!(off <= worst.error)) worst = { error: off, x: value, got };
  });
  return worst;
}

/** Bounds in ulp; `unit` counts in ulp of max(1, |y|), for results that cancel. Others of UNARY_F32 are exact, or rounded once. */
const BOUNDS: Record<string, { readonly ulp?: number; readonly unit?: number; readonly tiny?: number }> = {
  rsqrt: { ulp: 1.5 },
  exp: { ulp: 1 },
  expm1: { ulp: 1.5 },
  log: { ulp: 1 },
  log1p: { ulp: 1 },
  sin: { ulp: 1.6 },
  cos: { ulp: 1.6 },
  tan: { ulp: 2.5 },
  asin: { ulp: 1.6 },
  acos: { ulp: 1.2 },
  atan: { ulp: 1.8 },
  sinh: { ulp: 2.3 },
  cosh: { ulp: 1.5 },
  tanh: { ulp: 1.5 },
  asinh: { ulp: 1.6 },
  acosh: { ulp: 1.8 },
  atanh: { ulp: 2 },
  erf: { ulp: 1.6 },
  erfc: { ulp: 4.5 },
  sigmoid: { ulp: 2.2 },
  // Where the factor of x is subnormal it is 0.
  silu: { ulp: 3.2, tiny: 2 ** -119 },
  mish: { ulp: 4, tiny: 2 ** -119 },
  gelu_erf: { unit: 3 },
  gelu_tanh: { unit: 2 },
  softplus: { ulp: 1.8 },
  elu: { ulp: 1.5 },
  lgamma: { unit: 3.5 },
  trigamma: { ulp: 6 },
};

test("every strip function of the CPU is here", async () => {
  const names = manifest["elementwise-f32"].map((name) => name.slice(0, -"_f32".length)).filter((name) => !name.startsWith("ew"));
  for (const name of names) expect(await loadShader("elementwise", name)).toContain(`fn ${name}_f32(`);
});

describe("f32", () => {
  test.each(Object.entries(UNARY_F32))("%s", async (op, { f, ulp: rounded, imm = [] }) => {
    const { ulp, unit, tiny } = BOUNDS[op] ?? { ulp: Math.min(rounded, 0.5) };
    const worst = await sweep(op, f, imm, (got, want) => (unit === undefined ? error(got, want, tiny) : unitError(got, want)));
    expect(worst.error, `${op}(${worst.x}) = ${worst.got}, want ${f(worst.x)}`).toBeLessThanOrEqual(unit ?? (ulp as number));
  });

  test("rsqrt between 2^-50 and 2^50 is rounded to little more than half an ulp", async () => {
    const x = Float32Array.from({ length: 1 << 16 }, (_, i) => (1 + (Math.imul(i, 0x9e3779b1) >>> 0) / 2 ** 32) * 2 ** ((i % 100) - 50));
    const y = await run("rsqrt", [x]);
    x.forEach((value, i) => void expect(error32(y[i] as number, 1 / Math.sqrt(value)), `${value}`).toBeLessThanOrEqual(0.51));
  });

  // Below 0 it is the difference of a logarithm and a cotangent, whose roundings stay where they cancel.
  test("digamma, in ulp of max(1, |ψ|, log|x|)", async () => {
    const f = (x: number) => (Math.abs(x) > 1e5 && x < 0 ? NaN : digamma(x));
    const measure = (got: number, want: number, x: number) => {
      const terms = x < 0 ? Math.log(-x) : 0;
      if (Number.isNaN(want)) return 0;
      return Math.abs(want) < Math.max(1, terms) ? Math.abs(got - want) / 2 ** -23 / Math.max(1, terms) : error32(got, want);
    };
    const worst = await sweep("digamma", f, [], measure);
    expect(worst.error, `digamma(${worst.x}) = ${worst.got}, want ${digamma(worst.x)}`).toBeLessThanOrEqual(5);
  });

  test("softsign, and the slope of GELU in ulp of max(1, |y|)", async () => {
    const softsign = (x: number) => x / (1 + Math.abs(x));
    expect((await sweep("softsign", softsign, [], error)).error).toBeLessThanOrEqual(1.6);
    expect(
      (await sweep("gelu_erf_slope", geluSlope, [], (got, want, x) => (Math.abs(x) === Infinity ? 0 : unitError(got, want)))).error,
    ).toBeLessThanOrEqual(2);
  });

  test.each(Object.entries(BINARY))("%s is rounded once", async (op, f) => {
    const edges: [Float32Array, Float32Array] = [
      Float32Array.from(EDGES.flatMap((x) => EDGES.map(() => x))),
      Float32Array.from(EDGES.flatMap(() => EDGES)),
    ];
    for (const [a, b] of [edges, ...argumentPairs(1 << 14)]) {
      const y = await run(op, [a, b]);
      a.forEach((p, i) => {
        const q = b[i] as number;
        const got = y[i] as number;
        const off = Math.min(error(got, f(p, q)), error(got, f(flushed(p), flushed(q))));
        // Outside 2^±50 a quotient is the device's own, to 2.5 ulp.
        if (!(off <= (op === "div" ? 2.5 : 0.5))) expect.fail(`${op}(${p}, ${q}) = ${got}, want ${f(p, q)}`);
      });
    }
  });

  test.each(Object.entries(POW_ATAN2))("%s", async (op, f) => {
    // Exponents that grow the error of a logarithm near 0.
    const steep = argumentPairs(1 << 16)[1] as [Float32Array, Float32Array];
    const nearOne: [Float32Array, Float32Array] = [steep[0].map((x) => 1 + (x - 2) / 40), steep[1].map((x) => 22 * x)];
    const edges: [Float32Array, Float32Array] = [
      Float32Array.from(EDGES.flatMap((x) => EDGES.map(() => x))),
      Float32Array.from(EDGES.flatMap(() => EDGES)),
    ];
    for (const [a, b] of [edges, nearOne, ...argumentPairs(1 << 16)]) {
      const y = await run(op, [a, b]);
      a.forEach((p, i) => {
        const q = b[i] as number;
        const got = y[i] as number;
        const off = Math.min(error(got, f(p, q)), error(got, f(flushed(p), flushed(q))));
        if (!(off <= 2)) expect.fail(`${op}(${p}, ${q}) = ${got}, want ${f(p, q)}`);
      });
    }
  });

  test("pow_scalar", async () => {
    const x = Float32Array.of(0, -0, 1, -1, 2, -3, 0.3, -0.7, 1e-30, 1e20, -1e20, Infinity, -Infinity, NaN, 1.5);
    for (const exponent of [2, 3, 0.5, -1, -0.5, 0, 1, 1.7, -2, 0.1]) {
      const p = Math.fround(exponent);
      const y = await run("pow_scalar", [x], { imm: [p] });
      x.forEach((value, i) => void expect(error(y[i] as number, value ** p), `${value} ** ${p} = ${y[i]}`).toBeLessThanOrEqual(2));
    }
  });

  test("where takes the chosen bits only, madd is a·b + c, clamp keeps NaN and leaves open sides", async () => {
    const a = Float32Array.from(EDGES.filter((x) => flushed(x) === x || Number.isNaN(x)));
    const b = a.map((_, i) => i);
    expect([...(await run("where", [a, b, a.map(() => NaN)]))]).toEqual([...a].map((x, i) => (x !== 0 ? i : NaN)));
    const finite = a.map((_, i) => i / 4);
    expect([...(await run("madd", [finite, finite, b]))]).toEqual([...finite].map((x, i) => x * x + i));
    expect([...(await run("clamp", [a], { imm: [-Infinity, 2] }))]).toEqual([...a].map((x) => (x > 2 ? 2 : x)));
  });
});

describe("i32", () => {
  const INTEGERS = [0, 1, -1, 2, 3, -7, 100, -65536, 16777217, 2 ** 31 - 1, -(2 ** 31)];
  const unary: Record<string, (x: number) => number> = {
    copy: (x) => x,
    neg: (x) => -x | 0,
    abs: (x) => Math.abs(x) | 0,
    sign: Math.sign,
    square: (x) => Math.imul(x, x),
    floor: (x) => x,
    ceil: (x) => x,
    round: (x) => x,
    isnan: () => 0,
    logical_not: (x) => Number(x === 0),
  };
  const binary: Record<string, (a: number, b: number) => number> = {
    ...Object.fromEntries(Object.entries(BINARY).filter(([op]) => op !== "div")),
    add: (a, b) => (a + b) | 0,
    sub: (a, b) => (a - b) | 0,
    mul: Math.imul,
  };

  test.each(Object.entries(unary))("%s", async (op, f) => {
    expect([...(await run(op, [Int32Array.from(INTEGERS)], { type: "i32" }))]).toEqual(INTEGERS.map((x) => f(x) + 0));
  });

  test.each(Object.entries(binary))("%s", async (op, f) => {
    const a = INTEGERS.flatMap((x) => INTEGERS.map(() => x));
    const b = INTEGERS.flatMap(() => INTEGERS);
    expect([...(await run(op, [Int32Array.from(a), Int32Array.from(b)], { type: "i32" }))]).toEqual(a.map((x, i) => f(x, b[i] as number)));
  });

  test("where, madd and clamp", async () => {
    const a = Int32Array.from(INTEGERS);
    const b = a.map((_, i) => i);
    expect([...(await run("where", [a, b, a], { type: "i32" }))]).toEqual(INTEGERS.map((x, i) => (x !== 0 ? i : x)));
    expect([...(await run("madd", [b, b, b], { type: "i32" }))]).toEqual(INTEGERS.map((_, i) => i * i + i));
    const clamped = await run("clamp", [a], { type: "i32", imm: [-Infinity, 2] });
    expect([...clamped]).toEqual(INTEGERS.map((x) => Math.min(x, 2)));
  });
});

describe("random", () => {
  const COUNT = 4099;

  test("uniform draws the host's bits", async () => {
    const want = new Float32Array(COUNT);
    fillUniform(want, SOURCE);
    expect(await run<Float32Array>("uniform", [], { random: true }, COUNT)).toEqual(want);
  });

  test("normal draws the host's numbers to 5 ulp", async () => {
    const want = new Float32Array(COUNT);
    fillNormal(want, SOURCE);
    const got = await run<Float32Array>("normal", [], { random: true }, COUNT);
    want.forEach((value, i) => void expect(Math.abs((got[i] as number) - value) / ulp32(value), `element ${i}`).toBeLessThanOrEqual(5));
  });

  test.each([0, 0.3, 0.9, 1])("dropout at rate %d", async (rate) => {
    const uniform = new Float32Array(COUNT);
    fillUniform(uniform, SOURCE);
    const x = uniform.map((_, i) => i - 400);
    const scale = Math.fround(1 - rate);
    const want = x.map((value, i) => ((uniform[i] as number) >= Math.fround(rate) ? value / scale : 0));
    expect(await run("dropout", [x], { random: true, imm: [rate, 1 - rate] })).toEqual(want);
  });
});
