/**
 * Accuracy of the element-wise strip functions: f32 over the whole range of bit patterns against float64, f64 against golden values of
 * mpmath (goldens/vector-math.py), in units in the last place. docs/vector-math.md states the same bounds.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Build, loadModule, manifest, supportsRelaxedSimd } from "@tetrad/kernels-wasm";
import { describe, expect, test } from "vitest";
import { fillNormal, fillUniform, permute, uniformAt } from "../../packages/engine/src/random.js";
import { digamma, softplus } from "../../packages/engine/src/special.js";
import { compile } from "../../packages/kernels-wasm/scripts/compile.mjs";
import { argumentPairs, BINARY, EDGES, error32, geluSlope, POW_ATAN2, ROUNDED, UNARY_F32, unitError } from "../support/vector-math.js";

type Float = "f32" | "f64";
type Strip = (dst: number, a: number, b: number, c: number, n: number, index: number, imm: number) => void;

const IMM = 1024;
const INPUTS = [1 << 20, 2 << 20, 3 << 20] as const;
const OUTPUT = 4 << 20;
const MOST = 1 << 16;

const builds: readonly Build[] = supportsRelaxedSimd() ? ["baseline", "relaxed"] : ["baseline"];

class Strips {
  private constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly exported: WebAssembly.Exports,
    private readonly dtype: Float,
  ) {}

  static async load(build: Build, dtype: Float): Promise<Strips> {
    const memory = new WebAssembly.Memory({ initial: 80, maximum: 65536, shared: true });
    const table = new WebAssembly.Table({ initial: 512, element: "anyfunc" });
    const { exports } = await WebAssembly.instantiate(await loadModule(build, `elementwise-${dtype}`), { env: { memory, table } });
    return new Strips(memory, exports, dtype);
  }

  /** The op's values on `inputs`, at most MOST elements each; with `inPlace` the result overwrites that input. */
  run(
    op: string,
    inputs: readonly ArrayLike<number>[],
    imm: readonly number[] = [],
    { index = 0, inPlace = -1 } = {},
  ): Float32Array | Float64Array {
    const Floats = this.dtype === "f32" ? Float32Array : Float64Array;
    const { buffer } = this.memory;
    const n = (inputs[0] as ArrayLike<number>).length;
    const lanes = 16 / Floats.BYTES_PER_ELEMENT;
    new Float64Array(buffer, IMM, imm.length).set(imm);
    for (const [i, input] of inputs.entries()) new Floats(buffer, INPUTS[i], n).set(input);
    const dst = inPlace < 0 ? OUTPUT : (INPUTS[inPlace] as number);
    (this.exported[`${op}_${this.dtype}`] as Strip)(dst, ...INPUTS, Math.ceil(n / lanes) * lanes, index, IMM);
    return new Floats(buffer, dst, n).slice();
  }

  /** Four words at the address that random ops are given. */
  writeState(address: number, words: readonly number[]): void {
    new Uint32Array(this.memory.buffer, address, 4).set(words);
  }
}

const f64 = new DataView(new ArrayBuffer(8));
function ulp64(x: number): number {
  f64.setFloat64(0, Math.abs(x));
  const exponent = f64.getUint32(0) >>> 20;
  return exponent < 53 ? 2 ** -1074 * 2 ** Math.max(exponent - 1, 0) : 2 ** (exponent - 1075);
}

describe.each(builds)("f32, %s", (build) => {
  const STRIDE = 4099;

  /** Worst error of a unary op over every STRIDE-th f32, and the argument it is at. */
  async function sweep(op: string, f: (x: number) => number, imm: readonly number[], measure: (got: number, want: number) => number) {
    const strips = await Strips.load(build, "f32");
    const bits = new Uint32Array(MOST);
    const x = new Float32Array(bits.buffer);
    let worst = { error: 0, x: 0, got: 0 };
    for (let pattern = 0; pattern < 2 ** 32; ) {
      for (let i = 0; i < MOST; i++, pattern += STRIDE) bits[i] = pattern; // wraps round at the end
      const y = strips.run(op, [x], imm);
      for (let i = 0; i < MOST; i++) {
        const error = measure(y[i] as number, f(x[i] as number));
        if (!(error <= worst.error)) worst = { error, x: x[i] as number, got: y[i] as number };
      }
    }
    return worst;
  }

  test.each(Object.entries(UNARY_F32))("%s", async (op, { f, ulp, unit = false, imm = [] }) => {
    const worst = await sweep(op, f, imm, unit ? unitError : error32);
    expect(worst.error, `${op}(${worst.x}) = ${worst.got}, want ${f(worst.x)}`).toBeLessThanOrEqual(ulp);
  });

  test("the slope of GELU, in ulp of max(1, |y|)", async () => {
    const worst = await sweep("gelu_erf_slope", geluSlope, [], unitError);
    expect(worst.error, `slope at ${worst.x} = ${worst.got}, want ${geluSlope(worst.x)}`).toBeLessThanOrEqual(2);
  });

  // ψ crosses zero between every two poles, where neighbouring f32 arguments give results of any sign.
  test("digamma, in ulp of max(1, |ψ|)", async () => {
    const worst = await sweep(
      "digamma",
      (x) => (Math.abs(x) > 1e5 && x < 0 ? NaN : digamma(x)),
      [],
      (got, want) => (Number.isNaN(want) ? 0 : unitError(got, want)),
    );
    expect(worst.error, `digamma(${worst.x}) = ${worst.got}, want ${digamma(worst.x)}`).toBeLessThanOrEqual(ROUNDED);
  });

  test("pow and atan2", async () => {
    const strips = await Strips.load(build, "f32");
    for (const [op, f] of Object.entries(POW_ATAN2)) {
      for (const [a, b] of argumentPairs(MOST)) {
        const y = strips.run(op, [a, b]);
        for (let i = 0; i < MOST; i++) {
          const [p, q] = [a[i] as number, b[i] as number];
          const want = f(p, q);
          if (!(error32(y[i] as number, want) <= ROUNDED)) expect.fail(`${op}(${p}, ${q}) = ${y[i]}, want ${want}`);
        }
      }
    }
  });

  test("pow_scalar: products and roots round each step, the rest is pow with the exponent in f64", async () => {
    const strips = await Strips.load(build, "f32");
    const x = Float32Array.of(0, -0, 1, -1, 2, -3, 0.3, -0.7, 1e-30, 1e20, -1e20, Infinity, -Infinity, NaN, 1.5, 1e-40);
    for (const [p, ulp] of [
      [2, 0.5],
      [3, 1.01],
      [0.5, 0.5],
      [-1, 0.5],
      [-0.5, 1.51],
      [0, 0],
      [1, 0],
      [1.7, ROUNDED],
      [-2, ROUNDED],
      [0.1, ROUNDED],
    ] as const) {
      const y = strips.run("pow_scalar", [x], [p]);
      x.forEach(
        (value, i) =>
          void expect(error32(y[i] as number, value ** p), `${value} ** ${p} = ${y[i]}, want ${value ** p}`).toBeLessThanOrEqual(ulp),
      );
    }
  });
});

interface Golden {
  readonly in: string;
  readonly out: string;
  readonly off: readonly number[];
}

function decode(hex: string): Float64Array {
  const bytes = Buffer.from(hex, "hex");
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleBE(8 * i));
}

/** Bounds in ulp of the f64 functions; `unit` counts in 2^-52 max(1, |y|), for results that cancel (log Γ, ψ) or follow an argument's own rounding. */
const F64: Record<string, { readonly ulp?: number; readonly unit?: number; readonly imm?: readonly number[] }> = {
  exp: { ulp: 0.75 },
  expm1: { ulp: 1 },
  log: { ulp: 0.8 },
  log1p: { ulp: 0.85 },
  sin: { ulp: 0.8 },
  cos: { ulp: 0.85 },
  tan: { ulp: 0.9 },
  asin: { ulp: 0.65 },
  acos: { ulp: 0.65 },
  atan: { ulp: 0.65 },
  atan2: { ulp: 0.75 },
  sinh: { ulp: 1.6 },
  cosh: { ulp: 1.2 },
  tanh: { ulp: 1.4 },
  asinh: { ulp: 0.8 },
  acosh: { ulp: 1 },
  atanh: { ulp: 0.8 },
  erf: { ulp: 0.9 },
  erfc: { ulp: 1.25 },
  pow: { ulp: 0.8 },
  rsqrt: { ulp: 1.5 },
  sigmoid: { ulp: 1.5 },
  silu: { ulp: 2.5 },
  mish: { ulp: 4 },
  gelu_erf: { ulp: 3 },
  gelu_tanh: { unit: 1.5 },
  trigamma: { ulp: 8 },
  lgamma: { unit: 6 },
  digamma: { unit: 8 },
};

describe.each(builds)("f64, %s", (build) => {
  const goldens = JSON.parse(readFileSync(new URL("../goldens/vector-math.json", import.meta.url), "utf8")) as Record<string, Golden>;

  test("every golden function has a bound", () => void expect(Object.keys(F64).sort()).toEqual(Object.keys(goldens).sort()));

  test.each(Object.entries(F64))("%s", async (op, { ulp, unit, imm }) => {
    const strips = await Strips.load(build, "f64");
    const golden = goldens[op] as Golden;
    const want = decode(golden.out);
    const flat = decode(golden.in);
    const arity = flat.length / want.length;
    const inputs = Array.from({ length: arity }, (_, j) => want.map((_, i) => flat[i * arity + j] as number));
    const got = strips.run(op, inputs, imm);
    want.forEach((y, i) => {
      const value = got[i] as number;
      const where = `${op}(${inputs.map((x) => x[i]).join(", ")}) = ${value}, want ${y}`;
      if (y === 0 || !Number.isFinite(y)) {
        expect(Object.is(value, y), where).toBe(true);
        return;
      }
      const off = ((golden.off[i] as number) / 1000) * ulp64(y);
      const error = Math.abs(value - y - off);
      if (ulp !== undefined) expect(error / ulp64(y), where).toBeLessThanOrEqual(ulp);
      else expect(error / Math.max(1, Math.abs(y)) / 2 ** -52, where).toBeLessThanOrEqual(unit as number);
    });
  });
});

describe.each(builds.flatMap((build) => (["f32", "f64"] as const).map((dtype) => [build, dtype] as const)))("%s %s", (build, dtype) => {
  const floats = (values: ArrayLike<number>) => (dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values));
  const round = dtype === "f32" ? Math.fround : (x: number) => x;

  test.each(Object.entries(BINARY))("%s is exact", async (op, f) => {
    const strips = await Strips.load(build, dtype);
    const a = floats(EDGES.flatMap((x) => EDGES.map(() => x)));
    const b = floats(EDGES.flatMap(() => EDGES));
    const got = strips.run(op, [a, b]);
    expect([...got]).toEqual([...a].map((x, i) => round(f(x, b[i] as number))));
  });

  test("where takes the chosen bits only, madd is a·b + c", async () => {
    const strips = await Strips.load(build, dtype);
    const a = floats(EDGES);
    const b = floats(EDGES.map((_, i) => i));
    const c = floats(EDGES.map(() => NaN));
    expect([...strips.run("where", [a, b, c])]).toEqual(EDGES.map((x, i) => (x !== 0 ? i : NaN)));
    const finite = floats(EDGES.map((_, i) => i / 4));
    expect([...strips.run("madd", [finite, finite, b])]).toEqual([...finite].map((x, i) => x * x + i));
  });

  // The f32 table's functions that are exact there are exact in f64 too, as is all that IEEE 754 rounds once.
  test.each(Object.entries(UNARY_F32).filter(([op, { ulp }]) => ulp <= 0.5 && !(op === "rsqrt" && dtype === "f64")))(
    "%s is exact",
    async (op, { f, imm = [] }) => {
      const strips = await Strips.load(build, dtype);
      const a = floats([...EDGES, 1.5, 2.5, -1.5, -2.5, 0.49999997, 2 ** 23 + 0.5, 2 ** 52 + 1, 1e-310]);
      expect([...strips.run(op, [a], imm)]).toEqual([...a].map((x) => round(f(x))));
    },
  );

  test("clamp keeps NaN and leaves open sides", async () => {
    const strips = await Strips.load(build, dtype);
    const a = floats(EDGES);
    expect([...strips.run("clamp", [a], [-Infinity, 2])]).toEqual([...a].map((x) => (x > 2 ? 2 : x)));
  });

  test("functions with immediates, to 3 ulp of f64", async () => {
    const strips = await Strips.load(build, dtype);
    const a = floats([-40, -5, -1, -0.3, -1e-9, 0, 1e-9, 0.3, 1, 5, 9.9, 10.1, 40, 800]);
    const bound = 3 * (dtype === "f32" ? 2 ** -24 : 2 ** -52);
    const near = (op: string, imm: readonly number[], f: (x: number) => number) => {
      const got = strips.run(op, [a], imm);
      for (const [i, x] of a.entries()) {
        const [y, want] = [got[i] as number, f(x)];
        expect(y === want || Math.abs(y - want) <= bound * Math.abs(want), `${op}(${x}) = ${y}, want ${want}`).toBe(true);
      }
    };
    near("softplus", [2, 20], (x) => softplus(x, 2, 20));
    near("softplus", [0.5, 1e9], (x) => softplus(x, 0.5, 1e9));
    near("elu", [1.5], (x) => (x > 0 ? x : 1.5 * Math.expm1(x)));
    near("leaky_relu", [0.25], (x) => (x > 0 ? x : 0.25 * x));
    for (const p of [0, 1, 2, 3, -1, 4, -3]) near("pow_scalar", [p], (x) => (Math.abs(x ** p) < 3e38 ? x ** p : Math.fround(x ** p)));
  });

  test("bits depend neither on the lane nor on working in place", async () => {
    const strips = await Strips.load(build, dtype);
    const lanes = dtype === "f32" ? 4 : 2;
    const IMMEDIATES: Record<string, readonly number[]> = {
      leaky_relu: [0.1],
      elu: [1.5],
      softplus: [1, 20],
      clamp: [-1, 2],
      pow_scalar: [1.3],
    };
    const others = /^(ew|uniform|normal|dropout)/; // the interpreter, and functions of the index
    const values = floats([...EDGES, 0.01, 0.3, 0.99, 1.01, 5, -5, 20, -20, 100, -100, 800, -800, 1e7, 3e30, 1e-5, 0.625, 12.25, -12.3]);
    const canonical = (x: Float32Array | Float64Array) => [...x].map((y) => (Number.isNaN(y) ? NaN : y));
    for (const name of manifest[`elementwise-${dtype}`]) {
      const op = name.slice(0, -4);
      if (others.test(op)) continue;
      const imm = IMMEDIATES[op] ?? [];
      const rotated = (by: number): Float32Array | Float64Array => values.map((_, i) => values[(i + by) % values.length] as number);
      const inputs = (by: number) => [rotated(by), rotated(by + 3), rotated(by + 5)];
      const whole = canonical(strips.run(op, inputs(0), imm));
      for (let by = 1; by <= lanes; by++) {
        const moved = canonical(strips.run(op, inputs(by), imm));
        expect(
          moved.map((_, i) => moved[(i - by + moved.length) % moved.length]),
          `${op}, moved by ${by}`,
        ).toEqual(whole);
      }
      for (let inPlace = 0; inPlace < 3; inPlace++)
        expect(canonical(strips.run(op, inputs(0), imm, { inPlace })), `${op} onto input ${inPlace}`).toEqual(whole);
    }
  });
});

describe.each(builds.flatMap((build) => (["f32", "f64"] as const).map((dtype) => [build, dtype] as const)))(
  "random, %s %s",
  (build, dtype) => {
    const Floats = dtype === "f32" ? Float32Array : Float64Array;
    const STATE = 2048;
    const source = { seed: 0x1234_5678_9abc, stream: 7, step: 2 ** 40 + 3 };
    const words = [0x5678_9abc, 0x1234, 3, 256];
    const COUNT = 1003;

    test.each([0, 1, 2, 3, 6, 515])("the host's bits, from element %i on", async (index) => {
      const strips = await Strips.load(build, dtype);
      strips.writeState(STATE, words);
      const blank = new Floats(COUNT);
      const uniform = new Floats(index + COUNT);
      fillUniform(uniform, source);
      expect(strips.run("uniform", [blank], [STATE, 7, 0], { index })).toEqual(uniform.subarray(index).slice());
      const normal = new Floats(index + COUNT);
      fillNormal(normal, source);
      expect(strips.run("normal", [blank], [STATE, 7, 0], { index })).toEqual(normal.subarray(index).slice());
    });

    test.each([0, 0.3, 0.9, 1])("dropout at rate %d", async (rate) => {
      const strips = await Strips.load(build, dtype);
      strips.writeState(STATE, words);
      const x = new Floats(COUNT).map((_, i) => i - 400);
      const bound = dtype === "f32" ? Math.fround(rate) : rate;
      const scale = dtype === "f32" ? Math.fround(1 - rate) : 1 - rate;
      const want = new Floats(COUNT);
      for (const [i, value] of x.entries())
        if (uniformAt(source.seed, source.stream, source.step, i + 5, dtype) >= bound) want[i] = value / scale;
      expect(strips.run("dropout", [x], [STATE, 7, rate], { index: 5 })).toEqual(want);
      expect(strips.run("dropout", [x], [STATE, 7, rate], { index: 5, inPlace: 0 })).toEqual(want);
    });
  },
);

test("permute is the host's", async () => {
  const assembly = fileURLToPath(new URL("../../packages/kernels-wasm/assembly", import.meta.url));
  const bytes = new Uint8Array(await compile(assembly, "baseline", 'export { permute } from "./lib/permute";'));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const table = new WebAssembly.Table({ initial: 1, element: "anyfunc" });
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, table } });
  const kernel = instance.exports["permute"] as (i: number, n: number, low: number, high: number) => number;
  for (const n of [1, 2, 3, 10, 64, 1000, 65537, 2 ** 31 + 11, 2 ** 32 - 1]) {
    for (let k = 0; k < 200; k++) {
      const i = Math.floor((k * n) / 200);
      expect(kernel(i, n, 0xdeadbeef, k) >>> 0, `${i} of ${n}`).toBe(permute(i, n, [0xdeadbeef, k]));
    }
  }
});

const WEIGH = `import { row_exp } from "./lib/exp_row";
export function weigh(s: usize, n: i32, shift: f64): f64 { return row_exp<f32>(s, s, n, shift); }`;

test.each(builds)(
  "the exponential of softmax, %s: 1.02 ulp, 0 where e^x is below every normal number, NaN of any payload kept",
  async (build) => {
    const assembly = fileURLToPath(new URL("../../packages/kernels-wasm/assembly", import.meta.url));
    const bytes = new Uint8Array(await compile(assembly, build, WEIGH));
    const memory = new WebAssembly.Memory({ initial: 80, maximum: 65536, shared: true });
    const { instance } = await WebAssembly.instantiate(bytes, {
      env: { memory, table: new WebAssembly.Table({ initial: 1, element: "anyfunc" }) },
    });
    const weigh = instance.exports["weigh"] as (s: number, n: number, shift: number) => number;
    const scores = new Float32Array(memory.buffer, IMM, MOST);
    let worst = { error: 0, x: 0 };
    for (let part = 0; part < 40; part++) {
      const x = Float32Array.from(scores, (_, i) => -87.33 + ((i + part / 40) * (87.33 + 88)) / MOST);
      scores.set(x);
      weigh(IMM, MOST, 0);
      for (const [i, argument] of x.entries()) {
        const error = error32(scores[i] as number, Math.exp(argument));
        if (!(error <= worst.error)) worst = { error, x: argument };
      }
    }
    expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(1.03);
    const words = new Uint32Array(memory.buffer, IMM, 8);
    scores.set([-Infinity, -1e38, -88, -87.7, 0, 1, 0, 0]);
    words.set([0x7fc00001, 0xffffffff], 6);
    const total = weigh(IMM, 8, 0);
    expect([...scores.subarray(0, 5)]).toEqual([0, 0, 0, 0, 1]);
    expect([...scores.subarray(6, 8), total]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  },
);
