/** What a model is without a head: parameters under PyTorch's names, and hidden states of packed sequences. */

import type { ApplyContext, AttentionOptions, ParamSpecs, Tensor } from "@tetrad/engine";

/** What parameter-efficient training puts in the place of a layer: the layer itself is `plain`. */
export type Adapter = (x: Tensor, plain: (x: Tensor) => Tensor) => Tensor;

export const ADAPTERS: unique symbol = Symbol("adapters");

/**
 * What it puts behind a part of a layer, attention or feed-forward: `h` is what the part gives, before that is added to `input`, what it took.
 * `normed` is the norm that the sum goes through, and nothing where the norm comes before the next part.
 */
export type Behind = (h: Tensor, input: Tensor, normed: (sum: Tensor) => Tensor) => Tensor;

export const BEHIND: unique symbol = Symbol("behind parts");

/** Keys and values, (T, heads, dim) each */
export interface Rows {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What stands before every sequence and is no word of it. */
export interface Virtual {
  /** (P, width), in the place of word embeddings: tokens −1, −2, … of a batch are its rows 0, 1, … */
  readonly words?: Tensor;
  /** P rows before the keys and values of each sequence, which cost no token's work; they are not turned by their positions, and the sequence's own begin at P. */
  readonly keys?: (layer: number) => Rows;
}

export const VIRTUAL: unique symbol = Symbol("virtual tokens");

/** Parameters by name, adapters by the name of the layer or part that each wraps, and what stands before every sequence. */
export interface Params {
  readonly [name: string]: Tensor;
  readonly [ADAPTERS]?: ReadonlyMap<string, Adapter>;
  readonly [BEHIND]?: ReadonlyMap<string, Behind>;
  readonly [VIRTUAL]?: Virtual;
}

/** Sequences laid end to end, T tokens of S sequences, as tensors of a trace. */
export interface TokenBatch {
  /** i32 (T); below 0 for virtual tokens */
  readonly ids: Tensor;
  /** i32 (T), from 0 within each sequence, or from the number of keys that stand before it */
  readonly positions: Tensor;
  /** i32 (S + 1): first token of each sequence, then T; a shorter list repeats its last entry. */
  readonly cuSeqlens: Tensor;
  /** i32 (S): the token that stands for its sequence in a head: the first of an encoder's, the last of a decoder's. */
  readonly chosen: Tensor;
  /** i32 (T): which of two texts a token belongs to; all of the first unless told. */
  readonly types?: Tensor | undefined;
  /** bool (T): false where no query may look, for sequences that are padded after all. */
  readonly keyMask?: Tensor | undefined;
  /** (T, width): how far each token's word embedding is moved, in attacks on the model. */
  readonly moved?: Tensor | undefined;
  /** i32 (T + S·P): number of the token that each key is of; −1 − its row for those that stand before a sequence. Given where there are such. */
  readonly keyRows?: Tensor | undefined;
  /** i32 (S + 1): first key of each sequence, as `cuSeqlens` says it of tokens */
  readonly cuSeqlensKeys?: Tensor | undefined;
  /** Attention of a layer in the place of that within the batch: generation's, over keys from a cache. */
  readonly attend?: Attend | undefined;
  /** Positions that occur, where they are not those of the batch's own tokens. */
  readonly longest?: number | undefined;
}

/** @param q (T, heads, dim); @param k, @param v (T, kv heads, dim) */
export type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions) => Tensor;

export interface States {
  /** (T, width), what heads take */
  readonly last: Tensor;
  /** As transformers' `hidden_states`: the embeddings, then what each layer makes; the last entry is `last`. */
  readonly hidden: readonly Tensor[];
}

export interface LayerContext extends ApplyContext {
  /** Whether the backward pass computes each layer again instead of keeping what it made. */
  readonly recompute?: boolean | undefined;
}

/** Layers, and the heads and their width that a cache of keys and values has to hold */
export interface CacheShape {
  readonly layers: number;
  readonly heads: number;
  readonly dim: number;
}

/** Most tokens of a sequence: as many as are asked for, where the model reads so many. */
export const tokenLimit = ({ maxTokens }: Pick<Backbone, "maxTokens">, asked = maxTokens): number => Math.min(asked, maxTokens);

export interface Backbone {
  /** As in config.json */
  readonly modelType: string;
  /** What stands before the names of its tensors in a file that has a head too, `bert.` */
  readonly prefix: string;
  readonly width: number;
  readonly vocabulary: number;
  /** Tokens of the longest sequence that it can read. */
  readonly maxTokens: number;
  /** Keys and values that an adapter puts before every sequence's; none unless told */
  readonly virtualKeys?: number;
  /** Whether a token sees only those before it. */
  readonly causal: boolean;
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  /** Probability that a head drops an element of what it takes. */
  readonly headDropout: number;
  readonly cache: CacheShape;
  /** Where adapters behind the two parts of a layer have their parameters, by the names of Python's `adapters`; none in encoder-decoders */
  parts?(layer: number): Readonly<Record<"attention" | "feedForward", string>>;
  /** Whether layers' weights are (in, out), PEFT's `fan_in_fan_out`. */
  readonly fanInFanOut: boolean;
  /** What a masked-language-model head has in common with an encoder: ε of its norms, and its activation */
  readonly mlm?: { readonly eps: number; act(x: Tensor): Tensor };
  /** The word embeddings, which language-model heads may share. */
  readonly embeddings: string;
  readonly params: ParamSpecs;
  states(params: Params, batch: TokenBatch, context: LayerContext): States;
}
