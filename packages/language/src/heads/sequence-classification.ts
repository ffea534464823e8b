/** One answer for a whole text: a class, several, or a number. */

import { type ParamSpecs, relu, type Tensor, take, tanh } from "@tetrad/engine";
import type { Backbone, Params } from "../models/backbone.js";
import { affine, affineSpecs, dropped } from "../models/parts.js";
import { className, type Head } from "./head.js";

type Drop = (x: Tensor) => Tensor;

interface Form {
  readonly params: ParamSpecs;
  logits(params: Params, chosen: Tensor, drop: Drop): Tensor;
}

/** Between the chosen token's state and the logits every model has its own layers. */
function formOf({ modelType, width, initializerRange: sd, causal }: Backbone, labels: number): Form {
  if (causal) {
    return { params: affineSpecs("score", width, labels, sd, false), logits: (params, chosen) => affine(params, "score", chosen) };
  }
  if (modelType === "roberta") {
    return {
      params: { ...affineSpecs("classifier.dense", width, width, sd), ...affineSpecs("classifier.out_proj", width, labels, sd) },
      logits: (params, chosen, drop) => affine(params, "classifier.out_proj", drop(tanh(affine(params, "classifier.dense", drop(chosen))))),
    };
  }
  const [inner, act] = modelType === "distilbert" ? (["pre_classifier", relu] as const) : (["bert.pooler.dense", tanh] as const);
  return {
    params: { ...affineSpecs(inner, width, width, sd), ...affineSpecs("classifier", width, labels, sd) },
    logits: (params, chosen, drop) => affine(params, "classifier", drop(act(affine(params, inner, chosen)))),
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
