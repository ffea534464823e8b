/** A text from a text, a summary of an abstract say: T5's encoder reads the source, and its decoder is trained to write the target. */

import type { Engine, InputSpecs, Tensor } from "@tetrad/engine";
import { type BatchLimits, type Ids, limitsOf, packBatch } from "../data/batch.js";
import type { TextGenerator } from "../generate/open.js";
import type { ConditionalGeneration } from "../heads/conditional-generation.js";
import { type LanguageModel, saveModel } from "../model.js";
import type { Params } from "../models/backbone.js";
import { encodeAll } from "../tokenizer/encode-all.js";
import { forEachBatch } from "../train/evaluate.js";
import type { TrainingOptions } from "../train/options.js";
import { type TrainingRun, train } from "../train/train.js";
import { runFiles } from "../train/trainer-state.js";
import { checkSequences } from "./labels.js";
import type { Perplexity } from "./perplexity.js";
import { prefixed, SEQ2SEQ_LIMITS, type Seq2SeqLimits, type SourceTarget } from "./seq2seq-texts.js";
import { evaluateWriting, type WritingOptions, writingFigures } from "./write-targets.js";

export interface Seq2SeqOptions extends TrainingOptions, WritingOptions {
  /** Pairs that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly SourceTarget[];
  /** Writes in evaluations too, so that ROUGE is among their figures: of this very model, as `writerOf` makes it (transformers' `predict_with_generate`) */
  readonly writer?: TextGenerator;
}

export interface Seq2SeqRun extends TrainingRun {
  readonly model: LanguageModel;
  readonly maxTokens: number;
  /** Sources that were longer than the limit */
  readonly cut: number;
}

interface Encoded {
  readonly sources: readonly Ids[];
  readonly targets: readonly Ids[];
  readonly maxTokens: number;
  readonly cut: number;
}

async function encode(
  { tokenizer }: LanguageModel,
  pairs: readonly SourceTarget[],
  options: Seq2SeqLimits & Pick<TrainingOptions, "onTokenize">,
): Promise<Encoded> {
  const { maxSourceTokens: maxTokens = SEQ2SEQ_LIMITS.source, maxTargetTokens = SEQ2SEQ_LIMITS.target, onTokenize } = options;
  const both = 2 * pairs.length;
  const sources = await encodeAll(
    tokenizer,
    pairs.map(({ source }) => prefixed(source, options)),
    { maxTokens, onProgress: (done) => onTokenize?.(done, both) },
  );
  const targets = await encodeAll(
    tokenizer,
    pairs.map(({ target }) => target),
    { maxTokens: maxTargetTokens, onProgress: (done) => onTokenize?.(pairs.length + done, both) },
  );
  const sequences = { sources: sources.map(({ ids }) => ids), targets: targets.map(({ ids }) => ids) };
  checkSequences("seq2seq", [...sequences.sources, ...sequences.targets]);
  return { ...sequences, maxTokens, cut: sources.filter(({ cut }) => cut > 0).length };
}

/** Source and target of each pair as one example, so that batches are limited by both. */
const examples = ({ sources, targets }: Encoded) => sources.map((source, i) => [...Array.from(source), ...Array.from(targets[i] as Ids)]);

/** Sources and targets of a batch are packed apart from each other; the decoder is told each token but the last, after the token that begins a target. */
function packed(encoded: Encoded, start: number) {
  const sides = { source: encoded.sources, target: encoded.targets };
  const most = (side: keyof typeof sides, { tokens, sequences }: BatchLimits) => Math.min(tokens, limitsOf(sides[side], sequences).tokens);
  return {
    inputs(limits: BatchLimits): InputSpecs {
      const ids = (side: keyof typeof sides) => ({ shape: [most(side, limits)], dtype: "i32", bounded: side }) as const;
      const starts = { shape: [limits.sequences + 1], dtype: "i32" } as const;
      return { source: ids("source"), sourceStarts: starts, target: ids("target"), targetStarts: starts, labels: ids("target") };
    },
    feeds(rows: readonly number[], { cuSeqlens }: { readonly cuSeqlens: Int32Array }) {
      const limits = { tokens: 0, sequences: cuSeqlens.length - 1 };
      const [source, target] = [sides.source, sides.target].map((side) =>
        packBatch(
          rows.map((row) => side[row] as Ids),
          limits,
          false,
        ),
      );
      const labels = target?.ids as Int32Array;
      const { cuSeqlens: targetStarts } = target as NonNullable<typeof target>;
      const told = Int32Array.from(labels, (_, i) => (i > 0 && !targetStarts.includes(i) ? (labels[i - 1] as number) : start));
      return { source: source?.ids as Int32Array, sourceStarts: source?.cuSeqlens as Int32Array, target: told, targetStarts, labels };
    },
  };
}

function lossOf(
  { pair }: ConditionalGeneration,
  params: Params,
  inputs: Readonly<Record<string, Tensor>>,
  context: { readonly training: boolean },
) {
  const of = (side: string) => ({ ids: inputs[side] as Tensor, cuSeqlens: inputs[`${side}Starts`] as Tensor });
  const encoded = pair.encode(params, of("source"), context);
  return pair.loss(params, pair.decode(params, of("target"), encoded, of("source"), context), inputs["labels"] as Tensor);
}

/**
 * Trains the whole model, or the adapter that it was opened with; the loss is the mean cross-entropy of the targets' tokens, each foretold from those before it. Biases of distances take memory that
 * grows with the square of a batch's tokens: for long sources let `gradientAccumulationSteps` make up for small batches.
 * @throws TetradError DATA for texts without tokens; DIVERGED
 */
export async function finetuneSeq2Seq(
  engine: Engine,
  model: LanguageModel,
  pairs: readonly SourceTarget[],
  options: Seq2SeqOptions = {},
): Promise<Seq2SeqRun> {
  const head = model.head as ConditionalGeneration;
  const encoded = await encode(model, pairs, options);
  const { evaluation, writer } = options;
  const run = await train(
    engine,
    {
      model,
      sequences: examples(encoded),
      ...packed(encoded, head.pair.start),
      loss: (params, _, inputs, context) => lossOf(head, params, inputs, context),
      weight: (rows) => rows.reduce((sum, row) => sum + (encoded.targets[row] as Ids).length, 0),
      ...(evaluation !== undefined && {
        async evaluate() {
          const { perplexity } = await targetPerplexity(engine, model, evaluation, options);
          const written = writer === undefined ? undefined : await evaluateWriting(writer, evaluation, options);
          return { loss: Math.log(perplexity), perplexity, ...(written !== undefined && writingFigures(written)) };
        },
      }),
      save: (path, extra) => saveModel(model, path, {}, extra),
    },
    options,
  );
  return { ...run, model, maxTokens: encoded.maxTokens, cut: encoded.cut };
}

/** How surprised the model is by targets, each token foretold from the source and the target's tokens before it. */
export async function targetPerplexity(
  engine: Engine,
  model: LanguageModel,
  pairs: readonly SourceTarget[],
  options: Seq2SeqLimits = {},
): Promise<Perplexity & Pick<Seq2SeqRun, "cut" | "maxTokens">> {
  const head = model.head as ConditionalGeneration;
  const encoded = await encode(model, pairs, options);
  let [sum, tokens] = [0, 0];
  await forEachBatch(engine, model, {
    sequences: examples(encoded),
    ...packed(encoded, head.pair.start),
    outputs: (params, _, inputs) => ({ loss: lossOf(head, params, inputs, { training: false }) }),
    each(rows, _, { loss }) {
      const count = rows.reduce((total, row) => total + (encoded.targets[row] as Ids).length, 0);
      sum += (loss?.[0] as number) * count;
      tokens += count;
    },
  });
  return { perplexity: Math.exp(sum / tokens), tokens, cut: encoded.cut, maxTokens: encoded.maxTokens };
}

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveSeq2Seq(run: Seq2SeqRun, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, {}, runFiles(run, card));
}
