/** Words that were hidden, guessed from both sides; the last layer is the table of word embeddings. */

import { gelu, layerNorm, linear, type Tensor } from "@tetrad/engine";
import type { Backbone, Params } from "../models/backbone.js";
import { affine, affineSpecs, norm, normSpecs } from "../models/parts.js";
import { className, type Head, noHead } from "./head.js";

interface Names {
  readonly dense: string;
  readonly norm: string;
  /** The words' offsets */
  readonly bias: string;
}

const NAMES: Readonly<Record<string, Names>> = {
  bert: { dense: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias" },
  roberta: { dense: "lm_head.dense", norm: "lm_head.layer_norm", bias: "lm_head.bias" },
  distilbert: { dense: "vocab_transform", norm: "vocab_layer_norm", bias: "vocab_projector.bias" },
};

export interface MaskedLm extends Head {
  /** (N, V) of some tokens' states (N, width) */
  logits(params: Params, states: Tensor): Tensor;
}

/** `logits` (T, V). @throws TetradError UNSUPPORTED for a decoder */
export function maskedLm(backbone: Backbone): MaskedLm {
  const { modelType, width, vocabulary, initializerRange, embeddings, mlm } = backbone;
  const names = NAMES[modelType];
  if (names === undefined || mlm === undefined) return noHead(backbone, "masked language model", Object.keys(NAMES));
  // RoBERTa's head has GELU whatever its body has (transformers' RobertaLMHead).
  const act = modelType === "roberta" ? gelu : mlm.act;
  const logits = (params: Params, states: Tensor) => {
    const inner = layerNorm(act(affine(params, names.dense, states)), norm(params, names.norm, mlm.eps));
    return linear(inner, params[embeddings] as Tensor, params[names.bias]);
  };
  return {
    architecture: `${className(backbone)}ForMaskedLM`,
    params: {
      ...affineSpecs(names.dense, width, width, initializerRange),
      ...normSpecs(names.norm, width),
      [names.bias]: { shape: [vocabulary], init: "zeros" },
    },
    loose: [names.bias],
    logits,
    outputs: (params, { last }) => ({ logits: logits(params, last) }),
  };
}
