/** Words that were hidden, guessed from both sides; the last layer is the table of word embeddings. */

import { gelu, layerNorm, linear, type Tensor } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";
import { affine, affineSpecs, norm, normSpecs } from "../models/parts.js";
import { className, type Head, noHead } from "./head.js";

/** Names of the inner layer, its norm, and the words' offsets; the norm's ε. */
const NAMES: Readonly<Record<string, { readonly dense: string; readonly norm: string; readonly bias: string; readonly eps: number }>> = {
  bert: { dense: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias", eps: 1e-12 },
  roberta: { dense: "lm_head.dense", norm: "lm_head.layer_norm", bias: "lm_head.bias", eps: 1e-5 },
  distilbert: { dense: "vocab_transform", norm: "vocab_layer_norm", bias: "vocab_projector.bias", eps: 1e-12 },
};

/** `logits` (T, V). @throws TetradError UNSUPPORTED for a decoder */
export function maskedLm(backbone: Backbone): Head {
  const names = NAMES[backbone.modelType] ?? noHead(backbone, "masked language model", Object.keys(NAMES));
  const { width, vocabulary, initializerRange, embeddings } = backbone;
  return {
    architecture: `${className(backbone)}ForMaskedLM`,
    params: {
      ...affineSpecs(names.dense, width, width, initializerRange),
      ...normSpecs(names.norm, width),
      [names.bias]: { shape: [vocabulary], init: "zeros" },
    },
    outputs(params, { last }) {
      const inner = layerNorm(gelu(affine(params, names.dense, last)), norm(params, names.norm, names.eps));
      return { logits: linear(inner, params[embeddings] as Tensor, params[names.bias]) };
    },
  };
}
