/** What a model is: named parameters and a function of them; plus the list that turns a saved description back into one. */

import { TetradError } from "../errors.js";
import type { JsonObject } from "../io/json.js";
import type { Shape } from "../shape.js";
import type { ParamSpecs } from "../store.js";
import type { Tensor } from "../tensor.js";
import { cnnFromConfig } from "./cnn.js";
import { mlpFromConfig } from "./mlp.js";

export interface ApplyContext {
  /** Dropout is active in training only. */
  readonly training: boolean;
}

export interface Model {
  /** Parameters by their names in PyTorch's form. */
  readonly params: ParamSpecs;
  /** Shape of one input row, without the batch axis. */
  readonly inputShape: Shape;
  /** Shape of one output row. */
  readonly outputShape: Shape;
  /** Description that `modelFromConfig` turns back into this model. */
  readonly config: JsonObject;
  apply(params: Readonly<Record<string, Tensor>>, x: Tensor, context: ApplyContext): Tensor;
}

const BUILDERS: Readonly<Record<string, (config: JsonObject) => Model>> = { cnn: cnnFromConfig, mlp: mlpFromConfig };

/** The model a saved configuration describes; throws FORMAT for an unknown kind. */
export function modelFromConfig(config: JsonObject): Model {
  const { model_type: kind } = config;
  const builder = typeof kind === "string" ? BUILDERS[kind] : undefined;
  if (builder === undefined) {
    throw new TetradError("FORMAT", {
      op: "load",
      what: "unknown model_type",
      got: JSON.stringify(kind ?? null),
      expected: Object.keys(BUILDERS).join(", "),
    });
  }
  return builder(config);
}
