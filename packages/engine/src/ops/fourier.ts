/** What the Fourier transforms share: roots of unity, the tables that kernels read, norms, axes, and the launch. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { byteSize, type FloatDType, requireFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { CaseInput, LaunchContext } from "../op.js";
import { formatShape, normalizeAxis, sameShape, sizeOf } from "../shape.js";
import type { Graph, Node, Spec, Tensor } from "../tensor.js";
import { pad } from "./pad.js";
import { sliceAxis } from "./slice.js";
import { liveCount } from "./strided.js";
import { moveAxis } from "./transpose.js";

/** As in NumPy: which of a transform and its inverse is divided by n ("ortho": both by √n). */
export type FourierNorm = "backward" | "ortho" | "forward";

export interface FourierOptions {
  /** Axis of the array of numbers, complex ones counted as one element. */
  readonly axis?: number;
  /** Length to transform: the axis is cut or filled with zeros. */
  readonly n?: number;
  readonly norm?: FourierNorm;
}

/** Factor on the sum over n elements. */
export function normFactor(norm: FourierNorm, n: number, inverse: boolean): number {
  if (norm !== "backward" && norm !== "ortho" && norm !== "forward")
    throw new TetradError("ARGUMENT", { op: "fft", what: "no such norm", got: `${norm}`, expected: "backward, ortho or forward" });
  if (norm === "ortho") return 1 / Math.sqrt(n);
  return (norm === "forward") !== inverse ? 1 / n : 1;
}

/** e^(−2πi k / n). The angle is brought below π/4 in whole numbers, so that both parts are good to the last bit or so wherever they lie. */
export function unitRoot(k: number, n: number): [number, number] {
  // In units of 1/(4n) of a turn, which halves and quarters without a remainder.
  let turn = 4 * (((k % n) + n) % n);
  const whole = 4 * n;
  let [re, im] = [1, -1];
  if (2 * turn > whole) {
    turn = whole - turn;
    im = 1;
  }
  if (4 * turn > whole) {
    turn = whole / 2 - turn;
    re = -1;
  }
  const steep = 8 * turn > whole;
  if (steep) turn = whole / 4 - turn;
  const angle = (2 * Math.PI * turn) / whole;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return steep ? [re * s, im * c] : [re * c, im * s];
}

function roots(n: number, count = n): number[] {
  return Array.from({ length: count }, (_, k) => unitRoot(k, n)).flat();
}

/** Stages exist for every prime up to this; the p² products of a longer one cost more than a convolution. */
const LARGEST_RADIX = 31;

/** Length of the convolution that transforms n numbers, a power of two; 0 where stages do it. */
export function convolutionLength(n: number): number {
  let rest = n;
  for (let p = 2; p <= LARGEST_RADIX; p++) while (rest % p === 0 && rest > 1) rest /= p;
  return rest === 1 ? 0 : 2 ** Math.ceil(Math.log2(2 * n - 1));
}

/** The transform of n = 2^k numbers, in place; for a table, once. */
function transformInPlace(z: Float64Array, table: readonly number[]): void {
  const n = z.length / 2;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) for (const part of [0, 1]) [z[2 * i + part], z[2 * j + part]] = [z[2 * j + part] as number, z[2 * i + part] as number];
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let begin = 0; begin < n; begin += size) {
      for (let k = 0; k < size / 2; k++) {
        const [wr, wi] = [table[(2 * k * n) / size] as number, table[(2 * k * n) / size + 1] as number];
        const [a, b] = [2 * (begin + k), 2 * (begin + k + size / 2)];
        const [xr, xi] = [z[b] as number, z[b + 1] as number];
        const [tr, ti] = [wr * xr - wi * xi, wr * xi + wi * xr];
        const [ar, ai] = [z[a] as number, z[a + 1] as number];
        z[a] = ar + tr;
        z[a + 1] = ai + ti;
        z[b] = ar - tr;
        z[b + 1] = ai - ti;
      }
    }
  }
}

/** The table of a complex transform of n numbers, as assembly/fft/transform.ts reads it: pairs (re, im). */
export function complexTable(n: number): number[] {
  const m = convolutionLength(n);
  if (m === 0) return roots(n);
  const long = roots(m);
  // j² counts modulo 2n: e^(−πi j² / n) has that period. Below 2^53 for any n that fits into memory.
  const chirp = Array.from({ length: n }, (_, j) => unitRoot((j * j) % (2 * n), 2 * n));
  const filter = new Float64Array(2 * m);
  chirp.forEach(([re, im], j) => {
    for (const at of j === 0 ? [0] : [j, m - j]) {
      filter[2 * at] = re / m;
      filter[2 * at + 1] = -im / m;
    }
  });
  transformInPlace(filter, long);
  return [...long, ...filter, ...chirp.flat()];
}

/** The complex numbers that n real ones are transformed as. */
export function realLength(n: number): number {
  return n % 2 === 0 ? n / 2 : n;
}

/** The table of a transform of n real numbers. */
export function realTable(n: number): number[] {
  const h = realLength(n);
  return [...complexTable(h), ...(n % 2 === 0 ? roots(n, Math.floor(h / 2) + 1) : [])];
}

const tables = new WeakMap<Graph, Map<string, Tensor>>();

/** The table as a constant of the graph, one for all transforms of a kind and length. */
export function tableOf(x: Tensor, kind: "complex" | "real", n: number): Tensor {
  const own = tables.get(x.graph) ?? new Map<string, Tensor>();
  tables.set(x.graph, own);
  const key = `${kind} ${n} ${x.dtype}`;
  const known = own.get(key);
  if (known !== undefined) return known;
  const values = kind === "complex" ? complexTable(n) : realTable(n);
  const data = x.dtype === "f32" ? Float64Array.from(Float32Array.from(values)) : Float64Array.from(values);
  const table = x.graph.constant(data, { shape: [values.length / 2, 2], dtype: x.dtype });
  own.set(key, table);
  return table;
}

/** The same as a case's input. */
export function tableCase(values: readonly number[]): CaseInput {
  return { shape: [values.length / 2, 2], values, frozen: true };
}

/** Throws unless `x` has rows of at least one number along its last axes, the bounded axis not among them. */
export function requireSignal(op: string, x: Spec, complex: boolean): void {
  const { shape } = x;
  const length = shape[shape.length - (complex ? 2 : 1)];
  requireFloat(op, x.dtype);
  if (length === undefined || (complex && shape[shape.length - 1] !== 2))
    throw new TetradError("SHAPE", {
      op,
      what: complex ? "needs complex numbers: a last axis (re, im)" : "needs a tensor with an axis",
      got: formatShape(shape),
      expected: complex ? "(…, n, 2)" : "(…, n)",
    });
  if (length === 0) throw new TetradError("SHAPE", { op, what: "cannot transform an empty axis", got: formatShape(shape) });
  if (x.bound !== undefined && shape.length === (complex ? 2 : 1))
    throw new TetradError("UNSUPPORTED", { op, what: `cannot transform along the bounded axis "${x.bound.name}"` });
}

/** `f`, which works along the last axis of an array of numbers, along `axis`; `complex`: an axis (re, im) follows those of the array. */
export function alongAxis(op: string, x: Tensor, axis: number, complex: boolean, f: (x: Tensor) => Tensor): Tensor {
  const rank = x.rank - Number(complex);
  if (rank < 1) throw new TetradError("SHAPE", { op, what: "needs a tensor with an axis", got: formatShape(x.shape) });
  const at = normalizeAxis(axis, rank);
  return moveAxis(f(moveAxis(x, at, rank - 1)), rank - 1, at);
}

/** `x` with `n` elements along `axis`: cut, or filled with zeros. */
export function resized(op: string, x: Tensor, axis: number, n: number): Tensor {
  if (!Number.isInteger(n) || n < 1)
    throw new TetradError("ARGUMENT", { op, what: "the length must be a positive whole number", got: `${n}` });
  const at = normalizeAxis(axis, x.rank);
  const extent = x.shape[at] as number;
  if (n < extent) return sliceAxis(x, at, 0, n);
  return n === extent
    ? x
    : pad(
        x,
        x.shape.map((_, i) => [0, i === at ? n - extent : 0] as const),
      );
}

/** What a thread's scratch holds, lib/control.ts EPILOGUE_SCRATCH. */
const SCRATCH_BYTES = 768 << 10;

/** One launch over rows. Words after the pointers (output, work, input, table) as assembly/fft/fft.ts has them. */
export function launchFourier(
  context: LaunchContext,
  node: Node,
  kernel: BaseKernel,
  { n, transformed, scale, inverse }: { n: number; transformed: number; scale: number; inverse: boolean },
): void {
  const [x, table] = node.inputs as readonly [Tensor, Tensor];
  const [y] = node.outputs as readonly [Tensor];
  const m = convolutionLength(transformed);
  const lead = kernel === "rfft" ? x.shape.slice(0, -1) : x.shape.slice(0, -2);
  const rows = sizeOf(lead);
  // Two buffers a row, each with room for a vector behind it.
  const bytes = 2 * (Math.max(transformed, m) * 2 * byteSize(x.dtype) + 16);
  const outside = bytes > SCRATCH_BYTES;
  context.emit({
    kernel,
    dtype: x.dtype as FloatDType,
    outputs: [y, context.temp({ shape: [outside ? (rows * bytes) / byteSize(x.dtype) : 1], dtype: x.dtype })],
    inputs: [context.contiguous(x), context.contiguous(table)],
    scalars: [liveCount(rows, x.bound, x.shape[0] as number), n, m, Number(outside), { f64: scale }, Number(inverse)],
    flops: node.op.flops(node.inputs, node.outputs, node.attrs),
  });
}

/** Operations by the count that FFT libraries quote: 5 n log₂ n a complex transform, half of it a real one. */
export function fourierFlops(rows: number, n: number, real: boolean): number {
  return rows * (real ? 2.5 : 5) * n * Math.log2(Math.max(2, n));
}

/** Throws INTERNAL unless the table is the one for the length: its kernels would read past it. */
export function requireTable(op: string, table: Spec, values: number, dtype: Spec["dtype"]): void {
  if (!sameShape(table.shape, [values, 2]) || table.dtype !== dtype)
    throw new TetradError("INTERNAL", {
      op,
      what: "was given another length's table",
      got: formatShape(table.shape),
      expected: `[${values}, 2]`,
    });
}

/** Numbers in a table. */
export function complexTableSize(n: number): number {
  return n + 2 * convolutionLength(n);
}

export function realTableSize(n: number): number {
  const h = realLength(n);
  return complexTableSize(h) + (n % 2 === 0 ? Math.floor(h / 2) + 1 : 0);
}

/**
 * Σ_j z_j e^(∓2πi j k / n) of n complex numbers for k < count, by the definition: angles counted modulo n, sums compensated (Kahan), so that the result is good
 * to a rounding of the whole, whatever n.
 */
export function slowTransform(z: Float64Array, count: number, inverse: boolean, scale: number): Float64Array {
  const n = z.length / 2;
  const table = Float64Array.from(roots(n));
  const y = new Float64Array(2 * count);
  for (let k = 0; k < count; k++) {
    let [re, im, lostRe, lostIm] = [0, 0, 0, 0];
    for (let j = 0, at = 0; j < n; j++) {
      const wr = table[2 * at] as number;
      const wi = inverse ? -(table[2 * at + 1] as number) : (table[2 * at + 1] as number);
      const xr = z[2 * j] as number;
      const xi = z[2 * j + 1] as number;
      const addRe = xr * wr - xi * wi - lostRe;
      const addIm = xr * wi + xi * wr - lostIm;
      const nextRe = re + addRe;
      const nextIm = im + addIm;
      lostRe = nextRe - re - addRe;
      lostIm = nextIm - im - addIm;
      re = nextRe;
      im = nextIm;
      at += k;
      if (at >= n) at -= n;
    }
    y[2 * k] = re * scale;
    y[2 * k + 1] = im * scale;
  }
  return y;
}

/** Lengths where transforms go wrong: every radix alone and mixed, primes on both sides of the largest radix, powers of two. */
export const FOURIER_LENGTHS = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 20, 25, 27, 30, 31, 32, 33, 37, 49, 64, 65, 74, 77, 128, 256, 257, 961, 1009, 1024, 2018,
  2048, 4096,
] as const;

/** Beyond this a case asks for no gradient: it is the same kernel again, and the definition takes n² steps for every difference. */
export const SHORT = 80;
