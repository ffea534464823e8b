/**
 * Sentence embeddings trained on pairs of texts, as sentence-transformers does: each text finds its partner among those of the batch (multiple negatives ranking,
 * Henderson et al. 2017, arXiv:1705.00652), or the cosine of a pair is drawn to its score.
 */

import {
  add,
  crossEntropy,
  type Engine,
  fillBound,
  matmul,
  mean,
  mse,
  mul,
  pearson,
  relu,
  spearman,
  square,
  sub,
  sum,
  type Tensor,
  TetradError,
  take,
  transpose,
} from "@tetrad/engine";
import { packBatch } from "../data/batch.js";
import { dot, type Retrieval, retrieval } from "../metrics/retrieval.js";
import { saveModel } from "../model.js";
import { encodeAll } from "../tokenizer/encode-all.js";
import { type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import { type Embedder, embed, openTrainableEmbedder } from "./embed.js";
import { checkSequences } from "./labels.js";
import { pooled, poolingFeeds, poolingSpecs, unit } from "./pooling.js";
import { sentenceTransformerFiles } from "./sentence-transformer.js";
import type { SubjectOptions } from "./subject.js";

export interface TextPair {
  readonly first: string;
  readonly second: string;
  /** How alike they are: of all pairs or of none */
  readonly score?: number;
}

/**
 * `ranking`: cross-entropy of each pair's second text among all second texts of the batch, by cosines times `scale`; needs no scores.
 * `cosine`: squared difference of cosine and score.
 * `contrastive`: pairs of score 1 are drawn together, those of score 0 pushed apart as far as `margin` (Hadsell et al. 2006).
 */
export type ContrastLoss = "ranking" | "cosine" | "contrastive";

export interface ContrastOptions extends SubjectOptions {
  /** `cosine` for pairs with scores, else `ranking`, unless told */
  readonly loss?: ContrastLoss;
  /** Of cosines in `ranking`; 20 unless told */
  readonly scale?: number;
  /** Of `contrastive`, in 1 − cosine; 0.5 unless told */
  readonly margin?: number;
  /** Pairs that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly TextPair[];
  /** Longer texts are cut, and counted. What the folder says unless told. */
  readonly maxTokens?: number;
}

export interface ContrastRun extends Embedder, TrainingRun {
  readonly loss: ContrastLoss;
  /** Texts that were longer than the limit */
  readonly cut: number;
}

/** Added to the score of a text that is no wrong answer: one that is not there, or the right one once more. */
const NONE = -1e9;

/**
 * Trains the whole encoder, or an adapter; pooling is as `openEmbedder` finds it.
 * @throws TetradError DATA for scores of some pairs only, or of the wrong kind for the loss, and for texts without tokens; otherwise as `openEmbedder` and `train`
 */
export async function finetuneEmbedder(
  engine: Engine,
  folder: string,
  pairs: readonly TextPair[],
  options: ContrastOptions = {},
): Promise<ContrastRun> {
  const kind = lossOf(pairs, options.loss);
  const { maxTokens: limit, freeze, peft, quantize, evaluation } = options;
  const embedder = await openTrainableEmbedder(engine, folder, {
    freeze,
    peft,
    quantize,
    ...(limit !== undefined && { maxTokens: limit }),
  });
  const { model, pooling, maxTokens } = embedder;
  const { backbone, tokenizer } = model;
  const encoded = await encodeAll(
    tokenizer,
    pairs.flatMap(({ first, second }) => [first, second]),
    { maxTokens, onProgress: options.onTokenize },
  );
  const textsOf = (row: number) => encoded.slice(2 * row, 2 * row + 2).map(({ ids }) => ids);
  checkSequences(
    "embed",
    encoded.map(({ ids }) => ids),
  );
  const dim = backbone.cache.dim;
  const run = await train(
    engine,
    {
      model,
      // A pair is one example: its texts lie side by side, and the batch says below where each begins.
      sequences: pairs.map((_, row) => textsOf(row).flatMap((ids) => [...ids])),
      inputs: ({ sequences: most }) => ({
        cuSeqlens: { shape: [2 * most + 1], dtype: "i32" },
        chosen: { shape: [2 * most], dtype: "i32", bounded: "texts" },
        ...poolingSpecs(2 * most, "texts"),
        firsts: { shape: [most], dtype: "i32", bounded: "sequences" },
        seconds: { shape: [most], dtype: "i32", bounded: "sequences" },
        ...(kind === "ranking"
          ? {
              apart: { shape: [most, most], dtype: "f32", bounded: "sequences" },
              partners: { shape: [most], dtype: "i32", bounded: "sequences" },
            }
          : { scores: { shape: [most], dtype: "f32", bounded: "sequences" } }),
      }),
      feeds(rows, { cuSeqlens }) {
        const most = cuSeqlens.length - 1;
        const own = rows.flatMap(textsOf);
        const arrays = packBatch(own, { tokens: 0, sequences: 2 * most }, backbone.causal);
        return {
          ...arrays,
          ...poolingFeeds(own.length, arrays.cuSeqlens, pooling),
          firsts: Int32Array.from(rows, (_, i) => 2 * i),
          seconds: Int32Array.from(rows, (_, i) => 2 * i + 1),
          ...(kind === "ranking"
            ? {
                apart: apartOf(
                  rows.map((row) => pairs[row] as TextPair),
                  most,
                ),
                partners: Int32Array.from(rows, (_, i) => i),
              }
            : { scores: Float32Array.from(rows, (row) => pairs[row]?.score as number) }),
        };
      },
      loss(params, batch, inputs, context) {
        const { last } = backbone.states(params, batch, context);
        const vectors = unit(pooled(last, batch, inputs, { pooling, dim }));
        const [first, second] = ["firsts", "seconds"].map((name) => take(vectors, inputs[name] as Tensor)) as [Tensor, Tensor];
        if (kind === "ranking") return rankingLoss(first, second, inputs, options.scale ?? 20);
        const cosine = sum(mul(first, second), 1);
        const scores = inputs["scores"] as Tensor;
        return kind === "cosine" ? mse(cosine, scores) : contrastiveLoss(cosine, scores, options.margin ?? 0.5);
      },
      ...(evaluation !== undefined && { evaluate: async () => ({ ...(await evaluateEmbedder(engine, embedder, evaluation)) }) }),
      save: (path, extra) => saveModel(model, path, {}, { ...extra, ...sentenceTransformerFiles(embedder, backbone.width) }),
    },
    options,
  );
  return { ...run, ...embedder, loss: kind, cut: encoded.filter(({ cut }) => cut > 0).length };
}

function lossOf(pairs: readonly TextPair[], given: ContrastLoss | undefined): ContrastLoss {
  const scored = pairs.filter(({ score }) => score !== undefined).length;
  const kind = given ?? (scored > 0 ? "cosine" : "ranking");
  const wrong = kind === "contrastive" ? pairs.findIndex(({ score }) => score !== 0 && score !== 1) : -1;
  if ((kind === "ranking" || scored === pairs.length) && wrong < 0) return kind;
  throw new TetradError("DATA", {
    op: "embed",
    what: wrong < 0 ? "some pairs have no score" : "a score is neither 0 nor 1",
    got: wrong < 0 ? `${pairs.length - scored} of ${pairs.length}` : `${pairs[wrong]?.score}`,
    expected: wrong < 0 ? `a score of every pair for the loss "${kind}"` : "1 for pairs that belong together, 0 for others",
    ...(wrong >= 0 && { at: `pair ${wrong + 1}` }),
  });
}

/** (pairs, most): what is added to the score of each pair's first text with each second one. */
function apartOf(pairs: readonly TextPair[], most: number): Float32Array {
  const apart = new Float32Array(pairs.length * most).fill(NONE);
  pairs.forEach((pair, i) =>
    pairs.forEach((other, j) => {
      if (i === j || other.second !== pair.second) apart[i * most + j] = 0;
    }),
  );
  return apart;
}

function rankingLoss(first: Tensor, second: Tensor, { apart, partners }: Readonly<Record<string, Tensor>>, scale: number): Tensor {
  // Columns cannot follow the batch's length: those beyond it are zeros, which `apart` puts out of reach.
  const scores = mul(matmul(first, transpose(fillBound(second))), scale);
  return crossEntropy(add(scores, apart as Tensor), partners as Tensor);
}

/** Half of score · d² + (1 − score) · max(0, margin − d)² with d = 1 − cosine, averaged. */
function contrastiveLoss(cosine: Tensor, scores: Tensor, margin: number): Tensor {
  const distance = sub(1, cosine);
  return mul(mean(add(mul(scores, square(distance)), mul(sub(1, scores), square(relu(sub(margin, distance)))))), 0.5);
}

export type EmbedderEvaluation = Retrieval | { readonly pearson: number; readonly spearman: number };

/** Of pairs with scores the correlation with cosines; of others how well the first text finds the second among all second ones. */
export async function evaluateEmbedder(engine: Engine, embedder: Embedder, pairs: readonly TextPair[]): Promise<EmbedderEvaluation> {
  lossOf(pairs, undefined);
  const of = async (texts: readonly string[]) => embed(engine, { ...embedder, normalized: true }, texts);
  const { vectors: firsts, width } = await of(pairs.map(({ first }) => first));
  const { vectors: seconds } = await of(pairs.map(({ second }) => second));
  if (pairs[0]?.score === undefined) return retrieval(firsts, seconds, width);
  const cosines = pairs.map((_, i) => dot(firsts, i, seconds, i, width));
  const scores = pairs.map(({ score }) => score as number);
  return { pearson: pearson(scores, cosines), spearman: spearman(scores, cosines) };
}

/** Writes the folder as sentence-transformers reads it. @throws TetradError IO */
export async function saveEmbedder(run: ContrastRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, {}, { ...runFiles(run, card), ...sentenceTransformerFiles(run, run.model.backbone.width) });
}
