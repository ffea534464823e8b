/** One class for every token. */

import type { Backbone } from "../models/backbone.js";
import { affine, affineSpecs, dropped } from "../models/parts.js";
import { className, type Head } from "./head.js";

/** `logits` (T, labels). */
export function tokenClassification(backbone: Backbone, labels: number): Head {
  const { modelType, width, initializerRange, headDropout } = backbone;
  const name = modelType === "llama" || modelType === "qwen2" ? "score" : "classifier";
  return {
    architecture: `${className(backbone)}ForTokenClassification`,
    params: affineSpecs(name, width, labels, initializerRange),
    outputs: (params, { last }, _, context) => ({ logits: affine(params, name, dropped(last, headDropout, context)) }),
  };
}
