/** A vector for every text: the mean of its tokens' states, or its first token's, as sentence-transformers' folders say. */

import type { Engine } from "@tetrad/engine";
import { bodyOf } from "../heads/body.js";
import { type LanguageModel, openModel, wholeModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";
import type { MakeMethod } from "../peft/method.js";
import { forEachBatch } from "../train/evaluate.js";
import { checkSequences, checkTexts } from "./labels.js";
import { type Pooling, pooled, poolingFeeds, poolingSpecs, unit } from "./pooling.js";
import { readSentenceTransformer } from "./sentence-transformer.js";

export interface Embedder {
  readonly model: LanguageModel;
  readonly pooling: Pooling;
  /** Whether vectors have length 1 */
  readonly normalized: boolean;
  readonly maxTokens: number;
}

export interface EmbedderOptions extends Partial<Omit<Embedder, "model">> {
  /** "int8": layers that are not trained multiply whole numbers; without an adapter to train, the file's numbers of 16 bits stay so. About twice as fast, in half the memory */
  readonly quantize?: "int8" | undefined;
  /** Where an adapter's base model is, if not where its adapter_config.json says */
  readonly base?: string;
}

/** What is decided when an encoder is opened to be trained. */
interface Training {
  /** Modules whose parameters stand still */
  readonly freeze?: readonly string[] | undefined;
  /** A new adapter, which alone is trained */
  readonly peft?: MakeMethod | undefined;
}

/**
 * An encoder's folder, or that of an adapter for one; pooling, length and normalisation are those of its modules.json, sentence-transformers' file, or of its base
 * model's, where there is one, else the mean over tokens.
 * @throws TetradError as `openModel`; UNSUPPORTED for a pooling that is not built
 */
export async function openEmbedder(engine: Engine, folder: string, options: EmbedderOptions = {}): Promise<Embedder> {
  const embedder = await openTrainableEmbedder(engine, folder, options);
  embedder.model.store.freeze();
  return embedder;
}

/** The same to be trained. */
export async function openTrainableEmbedder(engine: Engine, folder: string, options: EmbedderOptions & Training): Promise<Embedder> {
  const { quantize, freeze, base, peft } = options;
  const own = (await readSentenceTransformer(folder)) ?? (await readSentenceTransformer(await wholeModel(folder, base))) ?? {};
  const model = await openModel(engine, folder, bodyOf, {
    freeze,
    peft,
    ...(base !== undefined && { base }),
    quantize,
    // Adversarial training moves word embeddings, which must be numbers then.
    quantized: quantize !== undefined && peft === undefined,
  });
  return {
    model,
    pooling: options.pooling ?? own.pooling ?? (model.backbone.causal ? "last" : "mean"),
    normalized: options.normalized ?? own.normalized ?? true,
    maxTokens: tokenLimit(model.backbone, options.maxTokens ?? own.maxTokens),
  };
}

/** Vectors of texts, (texts, width) row-major, in their order. @throws TetradError DATA for a text without tokens */
export async function embed(
  engine: Engine,
  { model, pooling, normalized, maxTokens }: Embedder,
  texts: readonly string[],
  onProgress?: (done: number) => void,
): Promise<{ readonly vectors: Float32Array; readonly width: number; readonly tokens: number; readonly cut: number }> {
  const { backbone, tokenizer } = model;
  checkTexts("embed", texts);
  const encoded = texts.map((text) => tokenizer.encode(text, { maxTokens }));
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences("embed", sequences);
  const { width } = backbone;
  const vectors = new Float32Array(texts.length * width);
  let done = 0;
  await forEachBatch(engine, model, {
    sequences,
    inputs: ({ sequences: most }) => poolingSpecs(most, "sequences"),
    feeds: (numbers, { cuSeqlens }) => poolingFeeds(numbers.length, cuSeqlens, pooling),
    outputs(params, batch, inputs) {
      const { last } = backbone.states(params, batch, { training: false });
      const own = pooled(last, batch, inputs, { pooling, dim: backbone.cache.dim });
      return { own: normalized ? unit(own) : own };
    },
    each: (numbers, _, { own }) => {
      vectors.set((own as Float32Array).subarray(0, numbers.length * width), (numbers[0] as number) * width);
      done += numbers.length;
      onProgress?.(done);
    },
  });
  const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
  return { vectors, width, tokens, cut: encoded.filter(({ cut }) => cut > 0).length };
}
