/** T5 (Raffel et al. 2020, arXiv:1910.10683) and T5 v1.1: an encoder and a decoder that know distances between tokens, not places. */

import {
  type ApplyContext,
  addRmsNorm,
  attention,
  constant,
  embedding,
  linear,
  linearCrossEntropy,
  mul,
  type ParamSpecs,
  reshape,
  rmsNorm,
  type Tensor,
  take,
  transpose,
} from "@tetrad/engine";
import type { CacheShape, Params, Rows } from "./backbone.js";
import type { ConfigFields } from "./config.js";
import { activationOf, affine, affineSpecs, dropped, joinHeads, norm, normSpecs, splitHeads, tableSpecs } from "./parts.js";

/** Token numbers of packed sequences, and where each begins. */
export interface Sequences {
  /** i32 (T) */
  readonly ids: Tensor;
  /** i32 (S + 1) */
  readonly cuSeqlens: Tensor;
}

/** Attention of a layer: of queries (T, heads, dim) over their own sequence, whose new rows are told, and over a source. */
export interface Looks {
  own(layer: number, q: Tensor, fresh: Rows): Tensor;
  source(layer: number, q: Tensor): Tensor;
}

export interface EncoderDecoder {
  readonly modelType: "t5";
  /** Its tensors have no common first name. */
  readonly prefix: "";
  readonly width: number;
  readonly vocabulary: number;
  /** What a target is begun with. */
  readonly start: number;
  readonly params: ParamSpecs;
  /** (T, width) of the sources */
  encode(params: Params, source: Sequences, context: ApplyContext): Tensor;
  /** (T, width) of the targets, each token knowing those before it and all of its source */
  decode(params: Params, target: Sequences, encoded: Tensor, source: Sequences, context: ApplyContext): Tensor;
  /** Layers of the decoder, and the heads and their width that a cache of keys and values has to hold */
  readonly cache: CacheShape;
  /** What a layer of the decoder looks at of a source */
  sourceRows(params: Params, encoded: Tensor, layer: number): Rows;
  /** (T, width) of targets' new tokens, over what is remembered of the others and of the source */
  decodeOver(params: Params, ids: Tensor, looks: Looks): Tensor;
  /** (S, heads, 1, keys): what attention within a target adds for a token at each of `positions`, i32 (S) */
  biasAt(params: Params, positions: Tensor, keys: number): Tensor;
  /** (T, V) */
  logits(params: Params, states: Tensor): Tensor;
  /** Mean cross-entropy of `labels` i32 (T), −100 where nothing is asked, without logits in memory */
  loss(params: Params, states: Tensor, labels: Tensor): Tensor;
}

/** Bucket of each distance from `query` to `key`, near ones a bucket each and far ones by their logarithm, row-major (queries, keys). */
export function positionBuckets(
  tokens: number,
  { buckets, farthest, both }: { readonly buckets: number; readonly farthest: number; readonly both: boolean },
): Int32Array {
  const own = both ? buckets / 2 : buckets;
  const exact = Math.floor(own / 2);
  const table = new Int32Array(tokens * tokens);
  for (let query = 0; query < tokens; query++) {
    for (let key = 0; key < tokens; key++) {
      const ahead = key - query;
      const distance = both ? Math.abs(ahead) : Math.max(0, -ahead);
      const far = exact + Math.floor((Math.log(distance / exact) / Math.log(farthest / exact)) * (own - exact));
      table[query * tokens + key] = (both && ahead > 0 ? own : 0) + (distance < exact ? distance : Math.min(far, own - 1));
    }
  }
  return table;
}

/** Dense layers: activation, and whether another product gates it. `gated-gelu` means the tanh form. */
function feedForward(config: ConfigFields) {
  const name = config.text("feed_forward_proj", "relu");
  const gated = name.startsWith("gated-");
  const plain = gated ? name.slice("gated-".length) : name;
  return { gated, act: activationOf(gated && plain === "gelu" ? "gelu_new" : plain) };
}

export function t5(config: ConfigFields): EncoderDecoder {
  const width = config.whole("d_model");
  const dim = config.whole("d_kv");
  const heads = config.whole("num_heads");
  const inner = config.whole("d_ff");
  const vocabulary = config.whole("vocab_size");
  const layers = { encoder: config.whole("num_layers"), decoder: config.whole("num_decoder_layers", config.whole("num_layers")) };
  const buckets = config.whole("relative_attention_num_buckets", 32);
  const farthest = config.whole("relative_attention_max_distance", 128);
  const eps = config.real("layer_norm_epsilon", 1e-6);
  const rate = config.real("dropout_rate", 0.1);
  const factor = config.real("initializer_factor", 1);
  const { gated, act } = feedForward(config);
  // transformers 5 writes `tie_word_embeddings: true` always and keeps the meaning in `scale_decoder_outputs`.
  const tied = config.flag("scale_decoder_outputs", config.flag("tie_word_embeddings", true));
  const last = tied ? "shared.weight" : "lm_head.weight";
  type Side = keyof typeof layers;
  const attentions = { encoder: ["SelfAttention"], decoder: ["SelfAttention", "EncDecAttention"] } as const;
  const block = (side: Side, i: number, layer: number) => `${side}.block.${i}.layer.${layer}`;
  const bias = (side: Side) => `${block(side, 0, 0)}.SelfAttention.relative_attention_bias`;

  const params: Record<string, ParamSpecs[string]> = { ...tableSpecs("shared", vocabulary, width, factor) };
  for (const side of ["encoder", "decoder"] as const) {
    Object.assign(
      params,
      tableSpecs(bias(side), buckets, heads, factor * width ** -0.5),
      normSpecs(`${side}.final_layer_norm`, width, false),
    );
    for (let i = 0; i < layers[side]; i++) {
      attentions[side].forEach((kind, layer) => {
        const name = `${block(side, i, layer)}.${kind}`;
        Object.assign(params, affineSpecs(`${name}.q`, width, heads * dim, factor * (width * dim) ** -0.5, false));
        for (const part of ["k", "v"])
          Object.assign(params, affineSpecs(`${name}.${part}`, width, heads * dim, factor * width ** -0.5, false));
        Object.assign(params, affineSpecs(`${name}.o`, heads * dim, width, factor * (heads * dim) ** -0.5, false));
        Object.assign(params, normSpecs(`${block(side, i, layer)}.layer_norm`, width, false));
      });
      const dense = block(side, i, attentions[side].length);
      for (const part of gated ? ["wi_0", "wi_1"] : ["wi"]) {
        Object.assign(params, affineSpecs(`${dense}.DenseReluDense.${part}`, width, inner, factor * width ** -0.5, false));
      }
      Object.assign(params, affineSpecs(`${dense}.DenseReluDense.wo`, inner, width, factor * inner ** -0.5, false));
      Object.assign(params, normSpecs(`${dense}.layer_norm`, width, false));
    }
  }
  if (!tied) Object.assign(params, tableSpecs("lm_head", vocabulary, width, factor));

  /** (1, heads, queries, keys), counted within a sequence: no sequence is longer than the batch. */
  const biasOf = (weights: Params, side: Side, tokens: number) => {
    const table = positionBuckets(tokens, { buckets, farthest, both: side === "encoder" });
    const rows = embedding(constant(table, [tokens * tokens], "i32"), weights[`${bias(side)}.weight`] as Tensor);
    return reshape(transpose(reshape(rows, [tokens, tokens, heads]), [2, 0, 1]), [1, heads, tokens, tokens]);
  };

  /** What a decoder's layer looks at of a source. */
  const sourceRows = (weights: Params, encoded: Tensor, layer: number): Rows => {
    const part = (key: string) => splitHeads(affine(weights, `${block("decoder", layer, 1)}.EncDecAttention.${key}`, encoded), heads);
    return { key: part("k"), value: part("v") };
  };

  /** Attention within packed sequences, and over packed sources. */
  const packed = (
    weights: Params,
    side: Side,
    { ids, cuSeqlens }: Sequences,
    context: ApplyContext,
    other?: { readonly encoded: Tensor; readonly cuSeqlens: Tensor },
  ): Looks => {
    const bias = biasOf(weights, side, ids.shape[0] as number);
    const options = { scale: 1, cuSeqlens, dropout: context.training ? rate : 0 };
    return {
      own: (_, q, { key, value }) => attention(q, key, value, { ...options, bias, causal: side === "decoder" }),
      source(layer, q) {
        const { encoded, cuSeqlens: cuSeqlensKeys } = other as NonNullable<typeof other>;
        const { key, value } = sourceRows(weights, encoded, layer);
        return attention(q, key, value, { ...options, cuSeqlensKeys });
      },
    };
  };

  const stack = (weights: Params, side: Side, ids: Tensor, looks: Looks, context: ApplyContext): Tensor => {
    let sum = dropped(embedding(ids, weights["shared.weight"] as Tensor), rate, context);
    const normOf = (name: string) => norm(weights, name, eps);
    let y = rmsNorm(sum, normOf(`${block(side, 0, 0)}.layer_norm`));
    for (let i = 0; i < layers[side]; i++) {
      const parts = attentions[side].length;
      attentions[side].forEach((kind, layer) => {
        const name = `${block(side, i, layer)}.${kind}`;
        const part = (key: string) => splitHeads(affine(weights, `${name}.${key}`, y), heads);
        const mixed =
          kind === "EncDecAttention" ? looks.source(i, part("q")) : looks.own(i, part("q"), { key: part("k"), value: part("v") });
        const attended = dropped(affine(weights, `${name}.o`, joinHeads(mixed)), rate, context);
        ({ sum, y } = addRmsNorm(attended, sum, normOf(`${block(side, i, layer + 1)}.layer_norm`)));
      });
      const dense = `${block(side, i, parts)}.DenseReluDense`;
      const opened = gated
        ? mul(act(affine(weights, `${dense}.wi_0`, y)), affine(weights, `${dense}.wi_1`, y))
        : act(affine(weights, `${dense}.wi`, y));
      const outer = affine(weights, `${dense}.wo`, dropped(opened, rate, context));
      const next = i + 1 < layers[side] ? `${block(side, i + 1, 0)}.layer_norm` : `${side}.final_layer_norm`;
      ({ sum, y } = addRmsNorm(dropped(outer, rate, context), sum, normOf(next)));
    }
    return dropped(y, rate, context);
  };
  /** Tied embeddings are larger than a last layer's weights. */
  const scaled = (states: Tensor) => (tied ? mul(states, width ** -0.5) : states);

  return {
    modelType: "t5",
    prefix: "",
    width,
    vocabulary,
    start: config.token("decoder_start_token_id") ?? 0,
    params,
    cache: { layers: layers.decoder, heads, dim },
    encode: (weights, source, context) => stack(weights, "encoder", source.ids, packed(weights, "encoder", source, context), context),
    decode(weights, target, encoded, source, context) {
      const looks = packed(weights, "decoder", target, context, { encoded, cuSeqlens: source.cuSeqlens });
      return stack(weights, "decoder", target.ids, looks, context);
    },
    sourceRows,
    decodeOver: (weights, ids, looks) => stack(weights, "decoder", ids, looks, { training: false }),
    biasAt(weights, positions, keys) {
      const table = constant(positionBuckets(keys, { buckets, farthest, both: false }), [keys, keys], "i32");
      const rows = embedding(take(table, positions), weights[`${bias("decoder")}.weight`] as Tensor);
      return reshape(transpose(rows, [0, 2, 1]), [positions.shape[0] as number, heads, 1, keys]);
    },
    logits: (weights, states) => linear(scaled(states), weights[last] as Tensor),
    loss: (weights, states, labels) => linearCrossEntropy(scaled(states), weights[last] as Tensor, labels),
  };
}
