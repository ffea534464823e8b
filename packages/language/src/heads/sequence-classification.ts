/** One answer for a whole text: a class, several, or a number. */

import { type ParamSpecs, type Tensor, take } from "@tetrad/engine";
import type { Backbone, Params } from "../models/backbone.js";
import { activationOf, affine, affineSpecs, dropped } from "../models/parts.js";
import { className, type Head } from "./head.js";

type Drop = (x: Tensor) => Tensor;

interface Form {
  readonly params: ParamSpecs;
  logits(params: Params, chosen: Tensor, drop: Drop): Tensor;
}

/** Layers between an encoder's chosen token and the logits: every model has its own. */
export const CLASSIFIER_LAYERS: Readonly<Record<string, { readonly inner: string; readonly activation: string; readonly last: string }>> = {
  bert: { inner: "bert.pooler.dense", activation: "tanh", last: "classifier" },
  distilbert: { inner: "pre_classifier", activation: "relu", last: "classifier" },
  roberta: { inner: "classifier.dense", activation: "tanh", last: "classifier.out_proj" },
};

function formOf({ modelType, width, initializerRange: sd, causal }: Backbone, labels: number): Form {
  if (causal) {
    return { params: affineSpecs("score", width, labels, sd, false), logits: (params, chosen) => affine(params, "score", chosen) };
  }
  const { inner, activation, last } = CLASSIFIER_LAYERS[modelType] as (typeof CLASSIFIER_LAYERS)[string];
  const act = activationOf(activation);
  return {
    params: { ...affineSpecs(inner, width, width, sd), ...affineSpecs(last, width, labels, sd) },
    logits: (params, chosen, drop) => {
      const opened = affine(params, inner, modelType === "roberta" ? drop(chosen) : chosen);
      return affine(params, last, drop(act(opened)));
    },
  };
}

/** `logits` (S, labels) from each sequence's chosen token. */
export function sequenceClassification(backbone: Backbone, labels: number): Head {
  const form = formOf(backbone, labels);
  return {
    architecture: `${className(backbone)}ForSequenceClassification`,
    params: form.params,
    outputs: (params, { last }, { chosen }, context) => ({
      logits: form.logits(params, take(last, chosen), (x) => dropped(x, backbone.headDropout, context)),
    }),
  };
}
