/** Examples of one task as steps of an optimiser: batches in an order of their own, and a program over the model's parameters. */

import { type Engine, type InputSpecs, mul, type Schedule, type Tensor, type TrainProgram } from "@tetrad/engine";
import { type BatchArrays, type BatchLimits, batchSpecs, type Ids, limitsOf, packBatch, sequenceOfTokens } from "../data/batch.js";
import type { LanguageModel } from "../model.js";
import type { LayerContext, Params, TokenBatch } from "../models/backbone.js";
import { adversarialLoss } from "./adversarial.js";
import { depthOf } from "./layers.js";
import { optimizerOf } from "./optimizer.js";
import type { CompleteOptions } from "./options.js";
import { batchesOf } from "./order.js";

export interface Lesson {
  readonly model: LanguageModel;
  /** Token numbers of every example */
  readonly sequences: readonly Ids[];
  /** Inputs beside the tokens, labels above all */
  inputs(limits: BatchLimits): InputSpecs;
  /** Their values for the examples of a batch, in an epoch from 0 on */
  feeds(rows: readonly number[], arrays: BatchArrays, epoch: number): Readonly<Record<string, Int32Array | Float32Array>>;
  loss(params: Params, batch: TokenBatch, inputs: Readonly<Record<string, Tensor>>, context: LayerContext): Tensor;
  /** What the loss of these examples is a mean over: the examples unless told */
  weight?(rows: readonly number[], epoch: number): number;
  /** Factor on the loss; 1 unless told */
  readonly lossWeight?: number;
}

/** The batches of a step, as row numbers, in an epoch of the lesson's own. */
export interface LessonStep {
  readonly batches: readonly (readonly number[])[];
  readonly epoch: number;
}

export class LessonTrainer {
  /** Examples of a batch */
  readonly size: number;
  /** Steps in which every example is seen once */
  readonly perEpoch: number;
  readonly #limits: BatchLimits;
  #program: TrainProgram | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly lesson: Lesson,
    private readonly options: CompleteOptions,
  ) {
    const { sequences } = lesson;
    this.size = Math.min(options.perDeviceTrainBatchSize, sequences.length);
    this.#limits = limitsOf(sequences, this.size, lesson.model.backbone.virtualKeys);
    this.perEpoch = Math.ceil(Math.ceil(sequences.length / this.size) / options.gradientAccumulationSteps);
  }

  get program(): TrainProgram {
    return this.#program as TrainProgram;
  }

  /** Its steps, epoch after epoch, without end; the last step of an epoch may have fewer batches. */
  *steps(): Generator<LessonStep, never> {
    const { gradientAccumulationSteps, seed } = this.options;
    for (let epoch = 0; ; epoch++) {
      let batches: (readonly number[])[] = [];
      for (const batch of batchesOf(this.lesson.sequences.length, this.size, seed, epoch)) {
        batches.push(batch);
        if (batches.length < gradientAccumulationSteps) continue;
        yield { batches, epoch };
        batches = [];
      }
      if (batches.length > 0) yield { batches, epoch };
    }
  }

  /** @param depth layers that are trained, from the top @param lr rate by step @param runsOn where the training began */
  async compile(depth: number, lr: Schedule, runsOn: TrainProgram["runsOn"] | undefined): Promise<void> {
    const { engine, lesson, options } = this;
    const { store, backbone, within, aliases } = lesson.model;
    const { layerwiseLrDecay, gradientCheckpointing, gradientAccumulationSteps, adversarial, seed } = options;
    this.#program?.close();
    const context: LayerContext = { training: true, recompute: gradientCheckpointing };
    const several = gradientAccumulationSteps > 1;
    const perText = adversarial?.per === "text";
    const { lossWeight = 1 } = lesson;
    const isOthers = (name: string) => aliases !== undefined && !(name in backbone.params) && !Object.values(aliases).includes(name);
    const rate = (name: string) => {
      const own = depthOf(backbone, name);
      return own > depth || isOthers(name) ? 0 : layerwiseLrDecay ** own;
    };
    this.#program = await engine.compile(
      store,
      {
        ...batchSpecs(this.#limits),
        ...lesson.inputs(this.#limits),
        ...(several && { share: { shape: [], dtype: store.dtype } }),
        ...(perText && { textOf: { shape: [this.#limits.tokens], dtype: "i32", bounded: "tokens" } }),
      },
      (all, inputs) => {
        const { share, textOf, ...own } = inputs;
        const params = within(all, context);
        const lossOf = (given: Params, moved?: Tensor) =>
          lesson.loss(given, { ...(own as unknown as TokenBatch), ...(moved !== undefined && { moved }) }, own, context);
        const texts = textOf && { of: textOf, most: this.#limits.sequences };
        const loss =
          adversarial === undefined
            ? lossOf(params)
            : adversarialLoss({ lossOf, params, table: backbone.embeddings, ...(texts && { texts }) }, adversarial).loss;
        const weighed = lossWeight === 1 ? loss : mul(loss, lossWeight);
        return share === undefined ? weighed : mul(weighed, share);
      },
      { optimizer: optimizerOf(options, lr, rate), seed, runsOn, accumulation: gradientAccumulationSteps - 1 },
    );
  }

  /** One optimiser step. @throws TetradError DIVERGED */
  async step({ batches, epoch }: LessonStep): Promise<{ readonly loss: number; readonly tokens: number }> {
    const { lesson, options, program } = this;
    const several = options.gradientAccumulationSteps > 1;
    const weights = several ? batches.map((rows) => lesson.weight?.(rows, epoch) ?? rows.length) : [];
    const all = weights.reduce((a, b) => a + b, 0);
    let [loss, tokens] = [0, 0];
    for (const [i, rows] of batches.entries()) {
      const arrays = packBatch(
        rows.map((row) => lesson.sequences[row] as Ids),
        this.#limits,
        lesson.model.backbone.causal,
      );
      const share = several ? { share: [(weights[i] as number) / all] } : {};
      const textOf = options.adversarial?.per === "text" ? { textOf: sequenceOfTokens(arrays.cuSeqlens, arrays.ids.length) } : {};
      const feeds = { ...arrays, ...lesson.feeds(rows, arrays, epoch), ...share, ...textOf };
      loss += (await (i + 1 < batches.length ? program.accumulate(feeds) : program.step(feeds))).loss;
      tokens += arrays.ids.length;
    }
    return { loss, tokens };
  }

  close(): void {
    this.#program?.close();
  }
}
