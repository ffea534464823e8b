/** What models are put together from. */

import {
  type ApplyContext,
  type AttentionOptions,
  add,
  addLayerNorm,
  attention,
  checkpoint,
  didYouMean,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  type ParamSpec,
  relu,
  reshape,
  silu,
  type Tensor,
  TetradError,
  type Tree,
  tanh,
} from "@tetrad/engine";
import { ADAPTERS, BEHIND, type LayerContext, type Params, type TokenBatch, VIRTUAL } from "./backbone.js";
import { attendBehind, rowsOrVirtual } from "./virtual.js";

type Specs = Record<string, ParamSpec>;

/** A named layer, or what an adapter makes of it. */
export function layerOf(params: Params, name: string, x: Tensor, plain: (x: Tensor) => Tensor): Tensor {
  const adapter = params[ADAPTERS]?.get(name);
  return adapter === undefined ? plain(x) : adapter(x, plain);
}

/** What a part gives to be added to what it took, or what an adapter behind it makes of that. @param normed the norm of the sum, where one follows at once */
export function behind(params: Params, part: string, h: Tensor, input: Tensor, normed: (sum: Tensor) => Tensor = (sum) => sum): Tensor {
  return params[BEHIND]?.get(part)?.(h, input, normed) ?? h;
}

/** The norm of what a part gives and what it took together, with an adapter behind the part where there is one. @param name of the norm */
export function addNormed(params: Params, part: string, name: string, eps: number, h: Tensor, input: Tensor): Tensor {
  const own = norm(params, name, eps);
  const given = behind(params, part, h, input, (sum) => layerNorm(sum, own));
  return addLayerNorm(given, input, own).y;
}

/** Where adapters stand behind parts of models that have modules for them; BERT has them in its output layers. */
export const adapterParts = (layer: string) => ({ attention: `${layer}.attention_adapters`, feedForward: `${layer}.output_adapters` });

/** x Wᵀ + b of a named layer. */
export const affine = (params: Params, name: string, x: Tensor): Tensor =>
  layerOf(params, name, x, (input) => linear(input, params[`${name}.weight`] as Tensor, params[`${name}.bias`]));

/** A layer's weight (out, in) and bias. */
export function affineSpecs(name: string, input: number, output: number, sd: number, bias = true): Specs {
  const weight = { [`${name}.weight`]: { shape: [output, input], init: { normal: sd } } };
  return bias ? { ...weight, [`${name}.bias`]: { shape: [output], init: "zeros" } } : weight;
}

export function tableSpecs(name: string, rows: number, width: number, sd: number, zeroRow?: number): Specs {
  return { [`${name}.weight`]: { shape: [rows, width], init: { normal: sd, ...(zeroRow !== undefined && { zeroRow }) } } };
}

/** Gain and, for a layerNorm, offset. */
export function normSpecs(name: string, width: number, bias = true): Specs {
  const weight: Specs = { [`${name}.weight`]: { shape: [width], init: "ones" } };
  return bias ? { ...weight, [`${name}.bias`]: { shape: [width], init: "zeros" } } : weight;
}

export const norm = (params: Params, name: string, eps: number) => ({
  weight: params[`${name}.weight`] as Tensor,
  ...(params[`${name}.bias`] !== undefined && { bias: params[`${name}.bias`] as Tensor }),
  eps,
});

/**
 * Word embeddings of a batch's tokens (T, width), moved where the batch says so, and virtual ones as they are.
 * @param table its name; @param padding the row that gets no gradient
 */
export function wordsOf(params: Params, { ids, moved }: TokenBatch, table: string, padding?: number): Tensor {
  const rows = (at: Tensor) => embedding(at, params[table] as Tensor, padding === undefined ? {} : { paddingIndex: padding });
  const words = (at: Tensor) => (moved === undefined ? rows(at) : add(rows(at), moved));
  const virtual = params[VIRTUAL]?.words;
  return virtual === undefined ? words(ids) : rowsOrVirtual(ids, words, virtual);
}

/** (T, width) as (T, heads, dim). */
export const splitHeads = (x: Tensor, heads: number): Tensor => reshape(x, [x.shape[0] as number, heads, (x.shape[1] as number) / heads]);

/** (T, heads, dim) as (T, width). */
export const joinHeads = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, (x.shape[1] as number) * (x.shape[2] as number)]);

/** Attention of one layer among the tokens of each sequence and what stands before them, or as the batch says. */
export function attend(
  params: Params,
  batch: TokenBatch,
  layer: number,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
): Tensor {
  const { cuSeqlens, keyMask, attend: own } = batch;
  const before = params[VIRTUAL]?.keys?.(layer);
  if (before !== undefined) return attendBehind(before, batch, layer, q, { key: k, value: v }, options);
  return own?.(layer, q, k, v, options) ?? attention(q, k, v, { ...options, cuSeqlens, ...(keyMask !== undefined && { keyMask }) });
}

/** Attention of an encoder's layer whose queries, keys and values have a weight each, named in this order. */
export function selfAttention(
  weights: Params,
  names: readonly string[],
  {
    batch,
    layer,
    heads,
    dropout: rate,
  }: { readonly batch: TokenBatch; readonly layer: number; readonly heads: number; readonly dropout: number },
  x: Tensor,
  { training }: ApplyContext,
): Tensor {
  const [q, k, v] = names.map((name) => splitHeads(affine(weights, name, x), heads)) as [Tensor, Tensor, Tensor];
  return joinHeads(attend(weights, batch, layer, q, k, v, { dropout: training ? rate : 0 }));
}

/** A layer, computed again in the backward pass where the context asks for it. */
export const layerIn = <A extends Tree[], Y extends Tree>(
  { training, recompute }: LayerContext,
  f: (...args: A) => Y,
): ((...args: A) => Y) => (training && recompute === true ? checkpoint(f) : f);

/** Drops in training only. */
export const dropped = (x: Tensor, rate: number, { training }: ApplyContext): Tensor => (training ? dropout(x, { rate }) : x);

const geluTanh = (x: Tensor) => gelu(x, { approximate: "tanh" });
/** By the names of transformers' ACT2FN. */
const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  gelu: (x) => gelu(x),
  gelu_python: (x) => gelu(x),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (x) => relu(x),
  silu: (x) => silu(x),
  swish: (x) => silu(x),
  tanh: (x) => tanh(x),
};

/** @throws TetradError UNSUPPORTED for a name that is none of them */
export function activationOf(name: string): (x: Tensor) => Tensor {
  const found = ACTIVATIONS[name];
  if (found !== undefined) return found;
  throw new TetradError("UNSUPPORTED", {
    op: "config.json",
    what: "this activation is not built",
    got: name,
    expected: Object.keys(ACTIVATIONS).join(", "),
    hint: didYouMean(name, Object.keys(ACTIVATIONS)),
  });
}
