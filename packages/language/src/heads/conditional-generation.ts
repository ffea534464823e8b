/** A text from a text: an encoder and a decoder, whose encoder is the body that files and training know. */

import type { JsonObject } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";
import { ConfigFields } from "../models/config.js";
import { encoderDecoderOf } from "../models/index.js";
import type { EncoderDecoder } from "../models/t5.js";
import type { Head } from "./head.js";

export interface ConditionalGeneration extends Head {
  readonly pair: EncoderDecoder;
}

/** The model's encoder, with the parameters of both. Distances have no largest: it reads texts of any length. */
export function encoderOf(json: JsonObject, source: string): Backbone {
  const config = new ConfigFields(json, source);
  const pair = encoderDecoderOf(json, source);
  return {
    modelType: pair.modelType,
    prefix: pair.prefix,
    width: pair.width,
    vocabulary: pair.vocabulary,
    maxTokens: Number.POSITIVE_INFINITY,
    causal: false,
    initializerRange: config.real("initializer_factor", 1),
    headDropout: config.real("dropout_rate", 0.1),
    cache: { layers: config.whole("num_layers"), heads: config.whole("num_heads"), dim: config.whole("d_kv") },
    fanInFanOut: false,
    embeddings: "shared.weight",
    params: pair.params,
    states(params, batch, context) {
      const last = pair.encode(params, batch, context);
      return { last, hidden: [last] };
    },
  };
}

export function conditionalGeneration(config: JsonObject): ConditionalGeneration {
  return { architecture: "T5ForConditionalGeneration", pair: encoderDecoderOf(config), params: {}, outputs: () => ({}) };
}
