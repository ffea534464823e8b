/** What heads over whole texts have in common, whatever their targets: training on a row of targets each, and outputs of any number of texts. */

import type { Engine, JsonObject, Tensor } from "@tetrad/engine";
import { bodyOf } from "../heads/body.js";
import { sequenceClassification } from "../heads/sequence-classification.js";
import { type LanguageModel, openModel } from "../model.js";
import { type Backbone, tokenLimit } from "../models/backbone.js";
import { Adapters } from "../peft/switch.js";
import { encodeAll } from "../tokenizer/encode-all.js";
import { forEachBatch } from "../train/evaluate.js";
import type { TrainingRun } from "../train/train.js";
import { checkSequences, checkTexts, labelsOfConfig } from "./labels.js";
import type { Figures, Subject, SubjectOptions } from "./subject.js";
import { tellCut, type UseOptions, useOf } from "./use.js";

export interface TextOptions extends SubjectOptions {
  /** Longer texts are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
}

export interface TextModel extends Pick<UseOptions, "onCut"> {
  readonly model: LanguageModel;
  readonly maxTokens: number;
}

export interface TextRun extends TextModel, TrainingRun {
  /** Texts that were longer than the limit. */
  readonly cut: number;
  /** Texts without a token of their own. */
  readonly empty: number;
}

export interface TextTargets {
  /** Numbers that the head makes of a text */
  readonly outputs: number;
  /** Targets of a text: class numbers, or as many f32 as `width` says */
  readonly dtype: "i32" | "f32";
  readonly width?: number;
  /** Row-major */
  readonly values: ArrayLike<number>;
  /** @param logits (S, outputs); @param targets (S) or (S, width) */
  loss(logits: Tensor, targets: Tensor): Tensor;
  /** What config.json says of the outputs */
  readonly fields: JsonObject;
  /** Figures of the model as it is, on texts that are not learned */
  evaluate?(model: TextModel): Promise<Figures>;
}

/** What a run over texts tells: how many were longer than the limit, and how many have no token of their own. */
type TextFacts = Omit<TextRun, keyof TrainingRun | "model">;

/** @param more what a run tells besides @throws TetradError, while it teaches, DATA for texts without tokens */
export function textSubject<More extends object>(
  texts: readonly string[],
  { outputs, dtype, width, values, loss, fields, evaluate }: TextTargets,
  options: Pick<TextOptions, "maxTokens" | "onTokenize">,
  more: More,
): Subject<TextFacts & More> {
  return {
    headOf: (body) => sequenceClassification(body, outputs),
    fieldsOf: () => fields,
    async teach(model) {
      const { backbone, head, tokenizer } = model;
      const maxTokens = tokenLimit(backbone, options.maxTokens);
      const special = tokenizer.encode("").ids.length;
      const encoded = await encodeAll(tokenizer, texts, { maxTokens, onProgress: options.onTokenize });
      const sequences = encoded.map(({ ids }) => ids);
      checkSequences("classify", sequences);
      const each = width ?? 1;
      return {
        lesson: {
          model,
          sequences,
          inputs: ({ sequences: most }) => ({
            labels: { shape: width === undefined ? [most] : [most, width], dtype, bounded: "sequences" },
          }),
          feeds(batch) {
            const own = dtype === "i32" ? new Int32Array(batch.length * each) : new Float32Array(batch.length * each);
            batch.forEach((row, i) => {
              for (let c = 0; c < each; c++) own[i * each + c] = values[row * each + c] as number;
            });
            return { labels: own };
          },
          loss(params, batch, inputs, context) {
            const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
            return loss(logits as Tensor, inputs["labels"] as Tensor);
          },
        },
        facts: {
          ...more,
          maxTokens,
          cut: encoded.filter(({ cut }) => cut > 0).length,
          empty: sequences.filter(({ length }) => length <= special).length,
        },
        ...(evaluate !== undefined && { evaluate: () => evaluate({ model, maxTokens }) }),
      };
    },
  };
}

/** A model over texts, by the names in its configuration. @throws TetradError FORMAT where it has none */
export function overTexts(
  model: LanguageModel,
  source = "config.json",
  options: UseOptions = {},
): TextModel & { readonly labels: readonly string[] } {
  return { model, labels: labelsOfConfig(model.config, source), ...useOf(model, options) };
}

/**
 * Adapters for classes, labels or numbers that take turns on one base model: `overTexts(adapters.use("name"))` is what `classify` takes.
 * @param folder of the base model, whose own head is left out; @param folders of adapters, by the names that they are called by
 * @throws TetradError as `Adapters.open`; FORMAT for an adapter whose config.json does not name what it makes
 */
export function adaptersOverTexts(engine: Engine, folder: string, folders: Readonly<Record<string, string>>): Promise<Adapters> {
  const headOf = (backbone: Backbone, config: JsonObject) => sequenceClassification(backbone, labelsOfConfig(config, folder).length);
  return Adapters.open(engine, folder, folders, headOf, { baseHeadOf: bodyOf });
}

/** A fine-tuned folder whose config.json names what the head makes. @throws TetradError FORMAT for a folder without names */
export async function openOverTexts(
  engine: Engine,
  folder: string,
  options: UseOptions = {},
): Promise<TextModel & { readonly labels: readonly string[] }> {
  const headOf = (config: JsonObject) => labelsOfConfig(config, folder).length;
  const model = await openModel(engine, folder, (backbone, config) => sequenceClassification(backbone, headOf(config)));
  model.store.freeze();
  return overTexts(model, folder, options);
}

/**
 * What `of` makes of each text's logits, text by text.
 * @param width how many numbers that is
 */
export async function outputsOfTexts(
  engine: Engine,
  used: TextModel,
  texts: readonly string[],
  width: number,
  of: (logits: Tensor) => Tensor,
): Promise<Float32Array[]> {
  const { model, maxTokens } = used;
  checkTexts("classify", texts);
  const encoded = texts.map((text) => model.tokenizer.encode(text, { maxTokens }));
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences("classify", sequences);
  tellCut(used, encoded);
  const { backbone, head } = model;
  const context = { training: false };
  const results: Float32Array[] = [];
  await forEachBatch(engine, model, {
    sequences,
    outputs(params, batch) {
      const { logits } = head.outputs(params, backbone.states(params, batch, context), batch, context);
      return { values: of(logits as Tensor) };
    },
    each: (numbers, _, { values }) => numbers.forEach((__, i) => results.push((values as Float32Array).slice(i * width, (i + 1) * width))),
  });
  return results;
}
