/** Attention in blocks: no row of weights is ever in memory, forward or backward. */

import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { attentionBackwardOp } from "./attentionBackward.js";
import { attentionBiasGradientOp } from "./attentionBiasGradient.js";
import { attentionCases } from "./attentionCases.js";
import {
  type AttentionAttrs,
  AttentionReference,
  attentionFlops,
  attentionWords,
  checkAttention,
  operandsOf,
  queryBound,
} from "./attentionProblem.js";
import { broadcastTo } from "./broadcastTo.js";
import { nextStream } from "./randomStream.js";
import { reshape } from "./reshape.js";
import { transpose } from "./transpose.js";
import { where } from "./where.js";

/** Outputs: values (…, tokens, heads, value dim), and ln Σ e^score of each row (…, tokens, heads), +Infinity where a query may look at nothing. */
export const attentionOp: Op<AttentionAttrs> = {
  name: "attention",
  tolerance: "reduction",
  infer(inputs, attrs) {
    checkAttention(inputs, attrs);
    const { q, v } = operandsOf(inputs, attrs);
    const rows = q.shape.slice(0, -1);
    return [
      { shape: [...rows, v.shape.at(-1) as number], dtype: q.dtype, ...queryBound(q) },
      { shape: rows, dtype: q.dtype, ...queryBound(q) },
    ];
  },
  gradient({ inputs, outputs, dys: [dy, dlse], attrs }) {
    const [o, lse] = outputs as readonly [Tensor, Tensor];
    const dout = dy ?? broadcastTo(o.graph.constant(Float64Array.of(0), { shape: [], dtype: o.dtype }), o.shape);
    const own = [o, lse, dout, ...(dlse === undefined ? [] : [dlse])];
    const backward = { ...attrs, lseGradient: dlse !== undefined };
    const [dq, dk, dv] = applyAll(attentionBackwardOp, [...own, ...inputs], backward) as readonly [Tensor, Tensor, Tensor];
    const others = inputs
      .slice(3)
      .map((_, i) =>
        attrs.bias && i === biasIndex(attrs) ? applyAll(attentionBiasGradientOp, [...own, ...inputs], backward)[0] : undefined,
      );
    return [dq, dk, dv, ...others];
  },
  reference(inputs, attrs, [values, rows], key) {
    const problem = new AttentionReference(inputs, attrs, key);
    const { heads, valueDim } = problem.extents;
    const y = ndZeros((values as Spec).shape, (values as Spec).dtype);
    const lse = ndZeros((rows as Spec).shape, (rows as Spec).dtype);
    problem.sequences.forEach((s, index) => {
      for (let i = 0; i < s.queries; i++) {
        for (let h = 0; h < heads; h++) {
          const scores = problem.scores(s, index, i, h);
          const largest = scores.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
          const row = problem.qRow(s, i, h, 1);
          if (largest === Number.NEGATIVE_INFINITY) {
            lse.data[row] = Number.POSITIVE_INFINITY;
            continue;
          }
          const weights = scores.map((x) => Math.exp(x - largest));
          const sum = weights.reduce((total, w) => total + w, 0);
          lse.data[row] = largest + Math.log(sum);
          weights.forEach((w, j) => {
            const [to, from] = [row * valueDim, problem.kRow(s, j, h, valueDim)];
            const weight = (w / sum) * problem.factor(s, i, j, h);
            for (let c = 0; c < valueDim; c++)
              y.data[to + c] = (y.data[to + c] as number) + weight * (problem.operands.v.data[from + c] as number);
          });
        }
      }
    });
    return [y, lse];
  },
  flops: attentionFlopsOf,
  cases: () => attentionCases(),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const q = node.inputs[0] as Tensor;
      context.emit({
        kernel: "attention",
        dtype: q.dtype as FloatDType,
        outputs: node.outputs,
        ...attentionWords(context, node.inputs, attrs),
        flops: attentionFlops(node.inputs, attrs),
      });
    },
  },
  bounded: true,
};

function attentionFlopsOf(inputs: readonly Spec[], _: readonly Spec[], attrs: AttentionAttrs): number {
  return attentionFlops(inputs, attrs);
}

/** Which of the inputs after v is the bias. */
function biasIndex({ packed, mask }: AttentionAttrs): number {
  return (packed ? 2 : 0) + Number(mask);
}

export interface AttentionOptions {
  /** Each query looks at keys up to its own place: `true` aligns query 0 with key 0, as PyTorch; "bottomRight" aligns the last ones, for keys from a cache. */
  readonly causal?: boolean | "bottomRight";
  /** Factor of the scores; 1/√dim unless told. */
  readonly scale?: number;
  /** i32 (sequences + 1): first token of each packed sequence, then the number of tokens. A padded list repeats the last entry. q, k and v have no batch axis then. */
  readonly cuSeqlens?: Tensor;
  /** The same for keys, where they are other tokens (an encoder's). */
  readonly cuSeqlensKeys?: Tensor;
  /** bool (batch, keys), or (tokens) of packed keys: false hides a key. */
  readonly keyMask?: Tensor;
  /** i32 (batch): how many of the keys count: a cache that is not full, rows of different length. */
  readonly keyLengths?: Tensor;
  /** Added to the scores, broadcast to (batch, heads, queries, keys); bool: false hides. Packed sequences share one of (1, heads, queries, keys), counted within a sequence. */
  readonly bias?: Tensor;
  /** Turns queries and keys by their position in the sequence; tables (positions, dim/2 or less) as `ropeTables` gives them. */
  readonly rope?: { readonly cos: Tensor; readonly sin: Tensor; readonly interleaved?: boolean };
  /** Probability of dropping a weight, its mask regenerated in the backward pass. */
  readonly dropout?: number;
  readonly stream?: number;
}

/**
 * softmax(scale · q kᵀ + bias) v for each head, memory O(tokens). Heads of k and v may be fewer, each serving as many of q (grouped queries).
 * @param q (batch, queries, heads, dim), or (tokens, heads, dim) with `cuSeqlens`
 * @param k (batch, keys, kv heads, dim), or (tokens, kv heads, dim)
 * @param v (batch, keys, kv heads, value dim), or (tokens, kv heads, value dim)
 * @returns (batch, queries, heads, value dim), or (tokens, heads, value dim). A query that may look at nothing gives zeros.
 * @throws TetradError SHAPE, DTYPE, ARGUMENT; UNSUPPORTED for heads above 256. Source: Dao 2023 (arXiv:2307.08691), Ainslie et al. 2023 (arXiv:2305.13245).
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { causal = false, cuSeqlens, cuSeqlensKeys = cuSeqlens, keyMask, keyLengths, rope, dropout = 0 } = options;
  if (!(dropout >= 0 && dropout < 1))
    throw new TetradError("ARGUMENT", { op: "attention", what: "the dropout rate must lie in 0 ≤ rate < 1", got: `${dropout}` });
  const packed = cuSeqlens !== undefined;
  const bias = options.bias && fullBias(options.bias, q, k, packed);
  const attrs: AttentionAttrs = {
    causal: causal === true ? "topLeft" : causal === false ? "none" : "bottomRight",
    scale: options.scale ?? 1 / Math.sqrt(q.shape.at(-1) ?? 1),
    packed,
    mask: keyMask !== undefined,
    bias: bias !== undefined,
    lengths: keyLengths !== undefined,
    rope: rope === undefined ? "none" : rope.interleaved === true ? "interleaved" : "half",
    dropout,
    stream: dropout === 0 ? -1 : (options.stream ?? nextStream(q.graph)),
    keys: k.shape[packed ? 0 : 1] ?? 0,
  };
  const given = [cuSeqlens, cuSeqlensKeys, keyMask, bias, keyLengths, rope?.cos, rope?.sin].filter((x): x is Tensor => x !== undefined);
  return applyAll(attentionOp, [q, k, v, ...given], attrs)[0] as Tensor;
}

/** A bias of all heads, queries and keys; its batch axis stays 1 where items share it. */
function fullBias(bias: Tensor, q: Tensor, k: Tensor, packed: boolean): Tensor {
  const numbers = isFloat(bias.dtype)
    ? bias
    : where(bias, broadcastTo(q.graph.constant(Float64Array.of(0), { shape: [], dtype: q.dtype }), bias.shape), Number.NEGATIVE_INFINITY);
  if (bias.rank > 4)
    throw new TetradError("SHAPE", { op: "attention", what: "a bias has at most four axes", got: formatShape(bias.shape) });
  const shape = [...new Array<number>(4 - bias.rank).fill(1), ...bias.shape];
  const full = [
    shape[0] as number,
    q.shape[packed ? 1 : 2] as number,
    q.shape[packed ? 0 : 1] as number,
    k.shape[packed ? 0 : 1] as number,
  ];
  return broadcastTo(reshape(numbers, shape), full);
}

/**
 * PyTorch's scaled_dot_product_attention: heads before tokens.
 * @param q (…, heads, queries, dim), one leading axis or none
 * @returns (…, heads, queries, value dim)
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: Omit<AttentionOptions, "cuSeqlens" | "cuSeqlensKeys"> = {},
): Tensor {
  const inner = (x: Tensor) => {
    if (x.rank !== 3 && x.rank !== 4)
      throw new TetradError("SHAPE", {
        op: "scaledDotProductAttention",
        what: "needs three or four axes",
        got: formatShape(x.shape),
        expected: "(batch, heads, tokens, dim)",
      });
    return transpose(x.rank === 3 ? reshape(x, [1, ...x.shape]) : x, [0, 2, 1, 3]);
  };
  const y = transpose(attention(inner(q), inner(k), inner(v), options), [0, 2, 1, 3]);
  return q.rank === 3 ? reshape(y, y.shape.slice(1)) : y;
}
