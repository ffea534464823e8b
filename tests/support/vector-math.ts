/** What the element-wise functions of every backend are held to: float64 references, and errors in units in the last place of f32. */
import { erf, erfc, lgamma, sigmoid, softplus, trigamma } from "../../packages/engine/src/special.js";

export function ulp32(x: number): number {
  const a = Math.abs(x);
  return a < 2 ** -126 ? 2 ** -149 : 2 ** (Math.min(Math.floor(Math.log2(a) + 1e-13), 127) - 23);
}

/** Error of an f32 result in ulp of the true value, 0.5 for every correct rounding; infinite where they differ in kind (NaN, overflow, sign of zero). */
export function error32(got: number, want: number): number {
  if (Object.is(got, want)) return 0;
  if (Object.is(got, Math.fround(want))) return Number.isFinite(got) ? 0.5 : 0;
  if (want === 0) return Infinity;
  if (Number.isFinite(got)) return Math.abs(got - want) / ulp32(want);
  return Math.abs(want) > 3.4028234e38 && got === Math.sign(want) * Infinity ? 0 : Infinity;
}

/** The same of max(1, |y|), for results that cancel. */
export function unitError(got: number, want: number): number {
  return Math.abs(want) < 1 ? Math.abs(got - want) / 2 ** -23 : error32(got, want);
}

const gelu = (x: number) => x * 0.5 * erfc(-x * Math.SQRT1_2);
/** Infinite arguments make NaN of 0 · ∞ on a processor, as in PyTorch. */
export const geluSlope = (x: number) =>
  Math.abs(x) === Infinity
    ? NaN
    : 0.5 * erfc(-x * Math.SQRT1_2) + (Math.abs(x) > 40 ? 0 : (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
const geluTanh = (x: number) => x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
const mish = (x: number) => {
  const e = Math.exp(Math.min(x, 300));
  return x * ((e * (e + 2)) / (e * (e + 2) + 2));
};
const even = (x: number) =>
  Math.abs(x) < 2 ** 52 ? x + (x < 0 || Object.is(x, -0) ? -(2 ** 52) : 2 ** 52) - (x < 0 || Object.is(x, -0) ? -(2 ** 52) : 2 ** 52) : x;

export interface Case {
  readonly f: (x: number) => number;
  /** Largest error in ulp: of the value, or with `unit` of max(1, |y|). */
  readonly ulp: number;
  readonly unit?: boolean;
  readonly imm?: readonly number[];
}

/** Correctly rounded but for the last digits: half an ulp and what the f64 arithmetic inside may add. */
export const ROUNDED = 0.51;

export const UNARY_F32: Record<string, Case> = {
  copy: { f: (x) => x, ulp: 0 },
  neg: { f: (x) => -x, ulp: 0 },
  abs: { f: Math.abs, ulp: 0 },
  sign: { f: Math.sign, ulp: 0 },
  floor: { f: Math.floor, ulp: 0 },
  ceil: { f: Math.ceil, ulp: 0 },
  round: { f: (x) => (x === 0 ? x : Math.abs(even(x)) * (x < 0 ? -1 : 1)), ulp: 0 },
  relu: { f: (x) => (x < 0 ? 0 : x), ulp: 0 },
  step: { f: (x) => (x > 0 ? 1 : 0), ulp: 0 },
  logical_not: { f: (x) => (x === 0 ? 1 : 0), ulp: 0 },
  isnan: { f: (x) => (Number.isNaN(x) ? 1 : 0), ulp: 0 },
  square: { f: (x) => x * x, ulp: 0.5 },
  sqrt: { f: Math.sqrt, ulp: 0.5 },
  rsqrt: { f: (x) => 1 / Math.sqrt(x), ulp: 0.5 },
  reciprocal: { f: (x) => 1 / x, ulp: 0.5 },
  exp: { f: Math.exp, ulp: ROUNDED },
  expm1: { f: Math.expm1, ulp: ROUNDED },
  log: { f: Math.log, ulp: ROUNDED },
  log1p: { f: Math.log1p, ulp: ROUNDED },
  sin: { f: Math.sin, ulp: ROUNDED },
  cos: { f: Math.cos, ulp: ROUNDED },
  tan: { f: Math.tan, ulp: ROUNDED },
  asin: { f: Math.asin, ulp: ROUNDED },
  acos: { f: Math.acos, ulp: ROUNDED },
  atan: { f: Math.atan, ulp: ROUNDED },
  sinh: { f: Math.sinh, ulp: ROUNDED },
  cosh: { f: Math.cosh, ulp: ROUNDED },
  tanh: { f: Math.tanh, ulp: ROUNDED },
  asinh: { f: Math.asinh, ulp: ROUNDED },
  acosh: { f: Math.acosh, ulp: ROUNDED },
  atanh: { f: Math.atanh, ulp: ROUNDED },
  erf: { f: erf, ulp: ROUNDED },
  erfc: { f: erfc, ulp: 0.55 },
  sigmoid: { f: sigmoid, ulp: ROUNDED },
  silu: { f: (x) => x * sigmoid(x), ulp: ROUNDED },
  gelu_erf: { f: gelu, ulp: 2, unit: true },
  gelu_tanh: { f: geluTanh, ulp: ROUNDED },
  mish: { f: mish, ulp: ROUNDED },
  softplus: { f: (x) => softplus(x, 2, 20), ulp: ROUNDED, imm: [2, 20] },
  elu: { f: (x) => (x > 0 ? x : 1.5 * Math.expm1(x)), ulp: ROUNDED, imm: [1.5] },
  leaky_relu: { f: (x) => (x > 0 ? x : 0.25 * x), ulp: 0.5, imm: [0.25] },
  clamp: { f: (x) => (x < -2 ? -2 : x > 3 ? 3 : x), ulp: 0, imm: [-2, 3] },
  lgamma: { f: lgamma, ulp: ROUNDED },
  trigamma: { f: trigamma, ulp: ROUNDED },
};

export const BINARY: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  logical_and: (a, b) => Number(a !== 0 && b !== 0),
  logical_or: (a, b) => Number(a !== 0 || b !== 0),
};

export const POW_ATAN2: Record<string, (a: number, b: number) => number> = {
  // Math.pow(±1, ±Infinity) is NaN in ECMAScript, 1 in C.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  atan2: Math.atan2,
};

/** Pairs of arguments, `count` each time: of any bits, of moderate size, and whole. */
export function argumentPairs(count: number): [Float32Array, Float32Array][] {
  const bits = Uint32Array.from({ length: 2 * count }, (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ (i << 7));
  const any = new Float32Array(bits.buffer);
  const near = Float32Array.from(any, (_, i) => ((bits[i] as number) / 2 ** 32) * (i < count ? 4 : 160) - (i < count ? 0 : 80));
  const whole = Float32Array.from(any, (_, i) => Math.round(((bits[i] as number) / 2 ** 32) * 40 - 20));
  return [any, near, whole].map((both) => [both.subarray(0, count), both.subarray(count)]);
}

export const EDGES = [0, -0, 1, -1, 0.5, -2.75, 1e30, -1e30, 1e-40, -1e-40, Infinity, -Infinity, NaN, 3, 7.25, -0.1];
