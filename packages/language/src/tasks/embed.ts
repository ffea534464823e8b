/** A vector for every text: the mean of its tokens' states, or its first token's, as sentence-transformers' folders say. */

import {
  attention,
  div,
  type Engine,
  type Json,
  mul,
  parseJson,
  parseJsonObject,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  TetradError,
  take,
} from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import { type LanguageModel, openModel } from "../model.js";
import type { TokenBatch } from "../models/backbone.js";
import { ConfigFields } from "../models/config.js";
import { forEachBatch } from "../train/evaluate.js";
import { optional } from "../weights/read.js";
import { checkSequences } from "./labels.js";

/** How the states of a text's tokens become one vector. */
export type Pooling = "mean" | "first" | "last";

export interface Embedder {
  readonly model: LanguageModel;
  readonly pooling: Pooling;
  /** Whether vectors have length 1 */
  readonly normalized: boolean;
  readonly maxTokens: number;
}

export interface EmbedderOptions {
  readonly pooling?: Pooling;
  readonly normalized?: boolean;
  readonly maxTokens?: number;
}

/** A model's body alone. */
const BODY: Head = { architecture: "", params: {}, outputs: () => ({}) };

/**
 * An encoder's folder; pooling, length and normalisation are those of its modules.json, sentence-transformers' file, where it has one, else the mean over tokens.
 * @throws TetradError as `openModel`; UNSUPPORTED for a pooling that is not built
 */
export async function openEmbedder(engine: Engine, folder: string, options: EmbedderOptions = {}): Promise<Embedder> {
  const own = await sentenceTransformer(folder);
  const model = await openModel(engine, folder, () => BODY);
  const most = options.maxTokens ?? own.maxTokens ?? model.backbone.maxTokens;
  return {
    model,
    pooling: options.pooling ?? own.pooling ?? (model.backbone.causal ? "last" : "mean"),
    normalized: options.normalized ?? own.normalized ?? true,
    maxTokens: Math.min(most, model.backbone.maxTokens),
  };
}

async function sentenceTransformer(folder: string): Promise<EmbedderOptions> {
  const source = `${folder}/modules.json`;
  const list = await optional(source);
  if (list === undefined) return {};
  const modules = modulesIn(parseJson(list, source), source);
  const fieldsOf = async (name: string) => {
    const bytes = await optional(`${folder}/${name}`);
    return bytes === undefined ? undefined : new ConfigFields(parseJsonObject(bytes, `${folder}/${name}`), `${folder}/${name}`);
  };
  const pathOf = (kind: string) => modules.find(({ type }) => type.endsWith(`.${kind}`))?.path;
  const pooling = pathOf("Pooling");
  const config = pooling === undefined ? undefined : await fieldsOf(`${pooling}/config.json`);
  const limit = (await fieldsOf("sentence_bert_config.json"))?.token("max_seq_length");
  return {
    ...(config !== undefined && { pooling: poolingIn(config) }),
    normalized: pathOf("Normalize") !== undefined,
    ...(limit !== undefined && { maxTokens: limit }),
  };
}

interface Module {
  readonly type: string;
  readonly path: string;
}

function modulesIn(list: Json, source: string): readonly Module[] {
  const isModule = (one: Json) => {
    const { type, path } = (one ?? {}) as Partial<Module>;
    return typeof type === "string" && typeof path === "string";
  };
  if (Array.isArray(list) && list.every(isModule)) return list;
  throw new TetradError("FORMAT", { op: source, what: "this is not a list of modules", expected: "a type and a path of each" });
}

function poolingIn(config: ConfigFields): Pooling {
  const modes = ["mean_tokens", "cls_token", "lasttoken", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens"];
  const chosen = modes.filter((mode) => config.flag(`pooling_mode_${mode}`, false));
  const built: Readonly<Record<string, Pooling>> = { mean_tokens: "mean", cls_token: "first", lasttoken: "last" };
  const pooling = chosen.length === 1 ? built[chosen[0] as string] : undefined;
  if (pooling !== undefined) return pooling;
  throw new TetradError("UNSUPPORTED", {
    op: config.source,
    what: "this pooling is not built",
    got: chosen.join(" and ") || "none",
    expected: Object.keys(built).join(", "),
  });
}

/** Vectors of texts, (texts, width) row-major, in their order. @throws TetradError DATA for a text without tokens */
export async function embed(
  engine: Engine,
  { model, pooling, normalized, maxTokens }: Embedder,
  texts: readonly string[],
  onProgress?: (done: number) => void,
): Promise<{ readonly vectors: Float32Array; readonly width: number; readonly tokens: number; readonly cut: number }> {
  const { backbone, tokenizer } = model;
  const encoded = texts.map((text) => tokenizer.encode(text, { maxTokens }));
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences("embed", sequences);
  const { width } = backbone;
  const vectors = new Float32Array(texts.length * width);
  let done = 0;
  await forEachBatch(engine, model, {
    sequences,
    inputs: ({ sequences: most }) => ({
      oneEach: { shape: [most + 1], dtype: "i32" },
      places: { shape: [most], dtype: "i32", bounded: "sequences" },
    }),
    feeds: (numbers, { cuSeqlens }) => ({
      oneEach: cuSeqlens.map((_, s) => Math.min(s, numbers.length)),
      places: pooling === "last" ? cuSeqlens.slice(1, numbers.length + 1).map((end) => end - 1) : cuSeqlens.slice(0, numbers.length),
    }),
    outputs(params, batch, { oneEach, places }) {
      const { last } = backbone.states(params, batch, { training: false });
      const chosen = take(last, places as Tensor);
      const pooled = pooling === "mean" ? means(last, chosen, batch, oneEach as Tensor, backbone.cache.dim) : chosen;
      return { pooled: normalized ? div(pooled, sqrt(sum(square(pooled), 1, { keepDims: true }))) : pooled };
    },
    each: (numbers, _, { pooled }) => {
      vectors.set((pooled as Float32Array).subarray(0, numbers.length * width), (numbers[0] as number) * width);
      done += numbers.length;
      onProgress?.(done);
    },
  });
  const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
  return { vectors, width, tokens, cut: encoded.filter(({ cut }) => cut > 0).length };
}

/** Means over the tokens of each sequence: attention of one query that is zero looks at all of them alike. */
function means(last: Tensor, chosen: Tensor, { cuSeqlens }: TokenBatch, oneEach: Tensor, dim: number): Tensor {
  const heads = (x: Tensor) => reshape(x, [x.shape[0] as number, (x.shape[1] as number) / dim, dim]);
  const states = heads(last);
  const mixed = attention(mul(heads(chosen), 0), states, states, { cuSeqlens: oneEach, cuSeqlensKeys: cuSeqlens });
  return reshape(mixed, [mixed.shape[0] as number, last.shape[1] as number]);
}
