/** What attention and its gradients share: how operands are named and checked, the words of their kernels, and the float64 reference of one row of weights. */

import type { FloatDType } from "../dtype.js";
import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import type { Count, LaunchContext, Operand, Scalar } from "../op.js";
import { uniformAt } from "../random.js";
import { formatShape, type Shape, sameShape, stridesOf } from "../shape.js";
import type { Bound, Spec, Tensor } from "../tensor.js";
import { DEFAULT_KEY, type RandomKey } from "./randomStream.js";

export type AttentionAttrs = {
  /** `topLeft`: query i looks at keys 0 … i, as in PyTorch; `bottomRight`: the queries are the last of the keys, as in decoding from a cache. */
  readonly causal: "none" | "topLeft" | "bottomRight";
  readonly scale: number;
  /** Sequences are packed along the token axis; cu_seqlens of queries and keys follow v. */
  readonly packed: boolean;
  readonly mask: boolean;
  readonly bias: boolean;
  readonly lengths: boolean;
  readonly rope: "none" | "half" | "interleaved";
  readonly dropout: number;
  readonly stream: number;
  /** Keys as compiled: what dropout's counter goes by, whatever lengths are live. */
  readonly keys: number;
};

/** Operands by name, in the order of a node's inputs. */
export interface AttentionOperands<X> {
  readonly q: X;
  readonly k: X;
  readonly v: X;
  readonly cuQ: X | undefined;
  readonly cuK: X | undefined;
  readonly mask: X | undefined;
  readonly bias: X | undefined;
  readonly lengths: X | undefined;
  readonly cos: X | undefined;
  readonly sin: X | undefined;
}

export function operandsOf<X>(inputs: readonly X[], attrs: AttentionAttrs): AttentionOperands<X> {
  const rest = inputs.slice(3);
  const take = (given: boolean): X | undefined => (given ? rest.shift() : undefined);
  const [q, k, v] = inputs as readonly [X, X, X];
  const rotated = attrs.rope !== "none";
  return {
    q,
    k,
    v,
    cuQ: take(attrs.packed),
    cuK: take(attrs.packed),
    mask: take(attrs.mask),
    bias: take(attrs.bias),
    lengths: take(attrs.lengths),
    cos: take(rotated),
    sin: take(rotated),
  };
}

/** Extents as the kernels count them: packed tokens are one batch item. */
export interface AttentionExtents {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly groups: number;
  readonly dim: number;
  readonly valueDim: number;
}

/** Most elements of a head: blocks of larger ones would not fit a thread's scratch. */
const MOST_DIM = 256;

export function extentsOf({ q, k, v }: AttentionOperands<{ readonly shape: Shape }>, packed: boolean): AttentionExtents {
  const lead = packed ? [1] : [];
  const [batch, queries, heads, dim] = [...lead, ...q.shape] as [number, number, number, number];
  const [, keys, groups] = [...lead, ...k.shape] as [number, number, number];
  return { batch, queries, keys, heads, groups, dim, valueDim: v.shape.at(-1) as number };
}

function refuse(what: string, got: string, expected?: string): never {
  throw new TetradError("SHAPE", { op: "attention", what, got, ...(expected !== undefined && { expected }) });
}

/** @throws TetradError SHAPE, DTYPE */
export function checkAttention(inputs: readonly Spec[], attrs: AttentionAttrs): void {
  const operands = operandsOf(inputs, attrs);
  const { q, k, v, cuQ, cuK, mask, bias, lengths, cos, sin } = operands;
  const rank = attrs.packed ? 3 : 4;
  const form = attrs.packed ? "(tokens, heads, dim)" : "(batch, tokens, heads, dim)";
  for (const [name, x] of Object.entries({ q, k, v })) {
    if (x.shape.length !== rank) refuse(`${name} needs ${rank} axes`, formatShape(x.shape), form);
    if (!isFloat(x.dtype) || x.dtype !== q.dtype)
      throw new TetradError("DTYPE", {
        op: "attention",
        what: `${name} does not fit`,
        got: x.dtype,
        expected: `${q.dtype} like q, f32 or f64`,
      });
  }
  const { batch, queries, keys, heads, groups, dim, valueDim } = extentsOf(operands, attrs.packed);
  const shapes = `q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}`;
  if (k.shape.at(-1) !== dim) refuse("q and k differ in the size of a head", shapes);
  if (!sameShape(k.shape.slice(0, -1), v.shape.slice(0, -1))) refuse("k and v differ in tokens or heads", shapes);
  if (!attrs.packed && k.shape[0] !== batch) refuse("q and k differ in the batch axis", shapes);
  if (groups === 0 || heads % groups !== 0) refuse("heads of q must be a multiple of those of k", shapes);
  if (dim > MOST_DIM || valueDim > MOST_DIM)
    throw new TetradError("UNSUPPORTED", {
      op: "attention",
      what: "heads are too large",
      got: `${Math.max(dim, valueDim)}`,
      expected: `at most ${MOST_DIM}`,
    });
  for (const [name, cu] of Object.entries({ cuSeqlens: cuQ, cuSeqlensKeys: cuK })) {
    if (cu !== undefined && (cu.dtype !== "i32" || cu.shape.length !== 1 || cu.shape[0] !== cuQ?.shape[0] || cu.shape[0] === 0))
      refuse(
        `${name} is no list of first tokens`,
        `${cu.dtype} ${formatShape(cu.shape)}`,
        "i32 [sequences + 1], ending with the number of tokens",
      );
  }
  const expectMask = attrs.packed ? [keys] : [batch, keys];
  if (mask !== undefined && (mask.dtype !== "bool" || !sameShape(mask.shape, expectMask)))
    refuse("keyMask does not fit", `${mask.dtype} ${formatShape(mask.shape)}`, `bool ${formatShape(expectMask)}`);
  if (lengths !== undefined && (attrs.packed || lengths.dtype !== "i32" || !sameShape(lengths.shape, [batch])))
    refuse(
      "keyLengths do not fit",
      `${lengths.dtype} ${formatShape(lengths.shape)}`,
      attrs.packed ? "none with packed sequences" : `i32 [${batch}]`,
    );
  if (bias !== undefined) {
    const [b, ...rest] = bias.shape;
    const expected = [heads, q.shape[rank - 3] as number, keys];
    if (bias.dtype !== q.dtype || !(b === 1 || (!attrs.packed && b === batch)) || !sameShape(rest, expected))
      refuse(
        "bias does not fit",
        `${bias.dtype} ${formatShape(bias.shape)}`,
        `${q.dtype} [1${attrs.packed ? "" : " or batch"}, ${expected.join(", ")}]`,
      );
  }
  if (cos !== undefined && sin !== undefined) {
    const [positions = 0, half = 0] = cos.shape;
    const tokens = Math.max(queries, keys);
    if (
      cos.shape.length !== 2 ||
      !sameShape(cos.shape, sin.shape) ||
      2 * half > dim ||
      positions < tokens ||
      cos.dtype !== q.dtype ||
      sin.dtype !== q.dtype
    )
      refuse(
        "rope tables do not fit",
        `${cos.dtype} ${formatShape(cos.shape)} and ${formatShape(sin.shape)}`,
        `${q.dtype} [${tokens} or more positions, at most ${dim / 2}]`,
      );
  }
}

const FLAG = {
  causal: 1,
  packed: 2,
  mask: 4,
  bias: 8,
  lengths: 16,
  rope: 32,
  dropout: 64,
  bottomRight: 128,
  interleaved: 256,
  lseGradient: 512,
} as const;

/** Pointers (q … sin) and scalars as assembly/lib/attention/problem.ts reads them. */
export function attentionWords(
  context: LaunchContext,
  inputs: readonly Tensor[],
  attrs: AttentionAttrs,
  lseGradient = false,
): { inputs: Operand[]; scalars: Scalar[] } {
  const operands = operandsOf(inputs, attrs);
  const { batch, queries, keys, heads, groups, dim, valueDim } = extentsOf(operands, attrs.packed);
  // Rows of a head must be gapless; everything else is read where it lies.
  const rows = (x: Tensor): Operand => {
    const direct = context.operand(x);
    return direct.strides.at(-1) === 1 || direct.shape.at(-1) === 1 ? direct : context.contiguous(x);
  };
  const [q, k, v] = [rows(operands.q), rows(operands.k), rows(operands.v)];
  const strides = (x: Operand): number[] => {
    const [b, t, h] = attrs.packed ? [0, ...x.strides] : x.strides;
    return [b as number, t as number, h as number];
  };
  const extra = (x: Tensor | undefined): Operand => (x === undefined ? q : context.contiguous(x));
  const bias = operands.bias === undefined ? q : context.operand(operands.bias);
  const biasStrides =
    operands.bias === undefined ? [0, 0, 0, 0] : bias.shape.map((extent, i) => (extent === 1 ? 0 : (bias.strides[i] as number)));
  const live = (count: number, x: Tensor): Count => (x.bound === undefined ? count : { live: x.bound, times: 1 });
  const sequences = attrs.packed ? (operands.cuQ?.shape[0] as number) - 1 : live(batch, operands.q);
  const flags =
    (attrs.causal === "none" ? 0 : FLAG.causal) |
    (attrs.causal === "bottomRight" ? FLAG.bottomRight : 0) |
    (attrs.packed ? FLAG.packed : 0) |
    (attrs.mask ? FLAG.mask : 0) |
    (attrs.bias ? FLAG.bias : 0) |
    (attrs.lengths ? FLAG.lengths : 0) |
    (attrs.rope === "none" ? 0 : FLAG.rope) |
    (attrs.rope === "interleaved" ? FLAG.interleaved : 0) |
    (attrs.dropout > 0 ? FLAG.dropout : 0) |
    (lseGradient ? FLAG.lseGradient : 0);
  return {
    inputs: [
      q,
      k,
      v,
      extra(operands.cuQ),
      extra(operands.cuK),
      extra(operands.mask),
      bias,
      extra(operands.lengths),
      extra(operands.cos),
      extra(operands.sin),
    ],
    scalars: [
      flags,
      sequences,
      attrs.packed ? live(queries, operands.q) : queries,
      attrs.packed ? live(keys, operands.k) : keys,
      heads,
      groups,
      dim,
      valueDim,
      ...strides(q),
      ...strides(k),
      ...strides(v),
      ...biasStrides,
      keys,
      operands.cos?.shape[1] ?? 0,
      queries,
      keys,
      attrs.stream,
      "randomState",
      { f64: attrs.scale },
      { f64: attrs.dropout },
    ],
  };
}

/** Multiply-adds count two: one product of queries and keys, and one of weights and values, over what is looked at. */
export function attentionFlops(inputs: readonly { readonly shape: Shape }[], attrs: AttentionAttrs): number {
  const operands = operandsOf(inputs, attrs);
  const { batch, queries, keys, heads, dim, valueDim } = extentsOf(operands, attrs.packed);
  // Lengths of packed sequences are known at run time only: equal ones stand for them.
  const sequences = attrs.packed ? Math.max(1, ((operands.cuQ?.shape[0] as number) ?? 2) - 1) : 1;
  const pairs = (batch * heads * queries * keys) / sequences / (attrs.causal === "none" ? 1 : 2);
  return 2 * pairs * (dim + valueDim);
}

/** A sequence of the reference: its first rows, lengths and the position of its first query. */
interface Sequence {
  readonly batch: number;
  readonly q0: number;
  readonly k0: number;
  readonly queries: number;
  readonly keys: number;
  readonly offset: number;
}

/** The float64 reference of weights: rows of them, and where their operands lie. */
export class AttentionReference {
  readonly operands: AttentionOperands<NdArray>;
  readonly extents: AttentionExtents;
  readonly sequences: readonly Sequence[];
  readonly q: Float64Array;
  readonly k: Float64Array;

  constructor(
    inputs: readonly NdArray[],
    private readonly attrs: AttentionAttrs,
    private readonly key: RandomKey = DEFAULT_KEY,
  ) {
    this.operands = operandsOf(inputs, attrs);
    this.extents = extentsOf(this.operands, attrs.packed);
    const { cuQ, cuK, lengths } = this.operands;
    const { batch, queries, keys } = this.extents;
    const offset = (t: number, s: number) => (attrs.causal === "bottomRight" ? s - t : 0);
    const first = (cu: NdArray | undefined, i: number) => cu?.data[i] as number;
    this.sequences = attrs.packed
      ? Array.from({ length: (cuQ?.data.length as number) - 1 }, (_, i) => {
          const [q0, k0] = [first(cuQ, i), first(cuK, i)];
          const [t, s] = [first(cuQ, i + 1) - q0, first(cuK, i + 1) - k0];
          return { batch: 0, q0, k0, queries: t, keys: s, offset: offset(t, s) };
        })
      : Array.from({ length: batch }, (_, b) => {
          const s = Math.min(keys, lengths === undefined ? keys : (lengths.data[b] as number));
          return { batch: b, q0: b * queries, k0: b * keys, queries, keys: s, offset: offset(queries, s) };
        });
    this.q = this.#rotated(this.operands.q, (s) => [s.q0, s.queries, s.offset]);
    this.k = this.#rotated(this.operands.k, (s) => [s.k0, s.keys, 0]);
  }

  /** Element offsets of rows: of q and o, of k and v. */
  qRow({ q0 }: Sequence, i: number, h: number, dim: number): number {
    return ((q0 + i) * this.extents.heads + h) * dim;
  }

  kRow({ k0 }: Sequence, j: number, h: number, dim: number): number {
    return ((k0 + j) * this.extents.groups + Math.floor(h / (this.extents.heads / this.extents.groups))) * dim;
  }

  /** Scores of query i and head h; −Infinity where it may not look. */
  scores(s: Sequence, index: number, i: number, h: number): Float64Array {
    const { dim } = this.extents;
    const { mask, bias } = this.operands;
    const { causal, scale } = this.attrs;
    return Float64Array.from({ length: s.keys }, (_, j) => {
      if (causal !== "none" && j > i + s.offset) return Number.NEGATIVE_INFINITY;
      if (mask !== undefined && mask.data[s.k0 + j] === 0) return Number.NEGATIVE_INFINITY;
      let score = 0;
      const [a, b] = [this.qRow(s, i, h, dim), this.kRow(s, j, h, dim)];
      for (let c = 0; c < dim; c++) score += (this.q[a + c] as number) * (this.k[b + c] as number);
      return score * scale + (bias === undefined ? 0 : (bias.data[this.biasAt(index, i, j, h)] as number));
    });
  }

  /** Flat index of a bias of its own shape. */
  biasAt(index: number, i: number, j: number, h: number): number {
    const shape = this.operands.bias?.shape as Shape;
    const [b, hs, t] = stridesOf(shape) as [number, number, number];
    return (shape[0] === 1 ? 0 : index * b) + h * hs + i * t + j;
  }

  /** What dropout multiplies a weight by. */
  factor(s: Sequence, i: number, j: number, h: number): number {
    const { dropout, stream, keys } = this.attrs;
    if (dropout === 0) return 1;
    const dtype = this.operands.q.dtype as FloatDType;
    const row = (s.q0 + i) * this.extents.heads + h;
    const u = uniformAt(this.key.seed, stream, this.key.step, row * (Math.ceil(keys / 4) * 4) + j, dtype);
    return u >= (dtype === "f32" ? Math.fround(dropout) : dropout) ? 1 / (1 - dropout) : 0;
  }

  /** Turns a gradient by rotated rows into one by the rows themselves. */
  turnBack(dx: Float64Array, which: "q" | "k"): void {
    const { heads, groups, dim } = this.extents;
    for (const s of this.sequences) {
      const count = which === "q" ? s.queries : s.keys;
      for (let i = 0; i < count; i++) {
        for (let h = 0; h < (which === "q" ? heads : groups); h++) {
          const at = which === "q" ? this.qRow(s, i, h, dim) : ((s.k0 + i) * groups + h) * dim;
          this.#turn(dx, at, which === "q" ? i + s.offset : i, -1);
        }
      }
    }
  }

  #rotated(x: NdArray, part: (s: Sequence) => [number, number, number]): Float64Array {
    const data = Float64Array.from(x.data);
    if (this.attrs.rope === "none") return data;
    const [heads, dim] = x.shape.slice(-2) as [number, number];
    for (const s of this.sequences) {
      const [first, count, position] = part(s);
      for (let i = 0; i < count; i++) for (let h = 0; h < heads; h++) this.#turn(data, ((first + i) * heads + h) * dim, position + i, 1);
    }
    return data;
  }

  #turn(data: Float64Array, at: number, position: number, sign: number): void {
    const { cos, sin } = this.operands;
    if (cos === undefined || sin === undefined) return;
    const half = cos.shape[1] as number;
    for (let i = 0; i < half; i++) {
      const [a, b] = this.attrs.rope === "interleaved" ? [at + 2 * i, at + 2 * i + 1] : [at + i, at + i + half];
      const [c, s] = [cos.data[position * half + i] as number, sign * (sin.data[position * half + i] as number)];
      const [x, y] = [data[a] as number, data[b] as number];
      data[a] = x * c - y * s;
      data[b] = y * c + x * s;
    }
  }
}

/** The bound of what has a row per query. */
export function queryBound(q: Spec): { readonly bound?: Bound } {
  return q.bound === undefined ? {} : { bound: q.bound };
}
