/** What a task adds to a model. */

import { type ApplyContext, type ParamSpecs, type Tensor, TetradError } from "@tetrad/engine";
import type { Backbone, Params, States, TokenBatch } from "../models/backbone.js";

export interface Head {
  /** transformers' class, for config.json: `BertForSequenceClassification` */
  readonly architecture: string;
  readonly params: ParamSpecs;
  /** Parameters without a module of their own in transformers: peft cannot save them, so that they stay as they begin where an adapter is trained. */
  readonly loose?: readonly string[];
  /** Whether it is none: transformers' names of the model's tensors then begin without `Backbone.prefix`. */
  readonly isBody?: boolean;
  outputs(params: Params, states: States, batch: TokenBatch, context: ApplyContext): Readonly<Record<string, Tensor>>;
}

/** What transformers calls a model in its classes. */
const CLASS_NAMES: Readonly<Record<string, string>> = {
  bert: "Bert",
  distilbert: "DistilBert",
  gpt2: "GPT2",
  llama: "Llama",
  qwen2: "Qwen2",
  roberta: "Roberta",
};

export const className = ({ modelType }: Backbone): string => CLASS_NAMES[modelType] as string;

/** @throws TetradError UNSUPPORTED always: the model has no such head */
export function noHead({ modelType }: Backbone, task: string, models: readonly string[]): never {
  throw new TetradError("UNSUPPORTED", { op: task, what: "this model has no such head", got: modelType, expected: models.join(", ") });
}
