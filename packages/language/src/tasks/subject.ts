/** A task apart from the model that it is learned on: what one task alone and several over one backbone have in common. */

import type { Engine, JsonObject } from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import { type LanguageModel, openModel, saveModel } from "../model.js";
import type { Backbone } from "../models/backbone.js";
import type { MakeMethod } from "../peft/method.js";
import type { Lesson } from "../train/lesson.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../train/options.js";
import { type TrainingRun, train } from "../train/train.js";

/** Figures of a model as it is, by the names of metrics, the one that decides which is best first */
export type Figures = Readonly<Record<string, number>>;

export interface Subject<Facts extends object> {
  headOf(backbone: Backbone): Head;
  /** What config.json says of the head. @param config the pretrained model's */
  fieldsOf(config: JsonObject): JsonObject;
  /** The examples as the model's tokenizer has them. @throws TetradError DATA for examples without tokens */
  teach(model: LanguageModel): Promise<Taught<Facts>>;
}

export interface Taught<Facts extends object> {
  readonly lesson: Lesson;
  /** What a run tells beside its training */
  readonly facts: Facts;
  /** On examples that are not learned, where there are some */
  evaluate?(): Promise<Figures>;
}

export interface SubjectOptions extends TrainingOptions {
  /** An adapter, which is trained with the head, if there is one; the whole model without an adapter */
  readonly peft?: MakeMethod | undefined;
  /** "int8": linear layers that an adapter leaves alone are rounded when they are loaded and multiply whole numbers; gradients pass through them in floating point. */
  readonly quantize?: "int8" | undefined;
}

export type SubjectRun<Facts> = TrainingRun & Facts & { readonly model: LanguageModel };

/** Opens a pretrained model with a new head and trains all of it. @throws TetradError as `openModel` and `train`, and as the subject */
export async function trainSubject<Facts extends object>(
  engine: Engine,
  folder: string,
  subject: Subject<Facts>,
  options: SubjectOptions,
): Promise<SubjectRun<Facts>> {
  const { seed = TRAINING_DEFAULTS.seed, freeze, peft, quantize } = options;
  const model = await openModel(engine, folder, subject.headOf, { freshHead: true, seed, freeze, peft, quantize });
  const { lesson, facts, evaluate } = await subject.teach(model);
  const save = (path: string, extra: Parameters<typeof saveModel>[3]) => saveModel(model, path, subject.fieldsOf(model.config), extra);
  const run = await train(engine, { ...lesson, ...(evaluate !== undefined && { evaluate }), save }, options);
  return { ...run, ...facts, model };
}
