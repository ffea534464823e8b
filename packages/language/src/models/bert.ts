/** BERT (Devlin et al. 2018, arXiv:1810.04805), and the body that RoBERTa has in common with it: an encoder with norms after its parts. */

import { add, embedding, layerNorm, select, type Tensor } from "@tetrad/engine";
import type { Backbone } from "./backbone.js";
import type { ConfigFields } from "./config.js";
import {
  activationOf,
  addNormed,
  affine,
  affineSpecs,
  dropped,
  layerIn,
  norm,
  normSpecs,
  selfAttention,
  tableSpecs,
  wordsOf,
} from "./parts.js";

export function bert(config: ConfigFields): Backbone {
  return bertLike(config, { modelType: "bert", positionPadding: undefined });
}

/** @param own `positionPadding`: the row of the position table that no real token uses and that gets no gradient; those after it are the first tokens' */
export function bertLike(
  config: ConfigFields,
  { modelType, positionPadding }: { readonly modelType: string; readonly positionPadding: number | undefined },
): Backbone {
  config.only("position_embedding_type", "absolute");
  const width = config.whole("hidden_size");
  const layers = config.whole("num_hidden_layers");
  const heads = config.whole("num_attention_heads");
  const inner = config.whole("intermediate_size");
  const vocabulary = config.whole("vocab_size");
  const positions = config.whole("max_position_embeddings");
  const eps = config.real("layer_norm_eps", 1e-12);
  const hiddenDropout = config.real("hidden_dropout_prob", 0.1);
  const attentionDropout = config.real("attention_probs_dropout_prob", 0.1);
  const sd = config.real("initializer_range", 0.02);
  const padding = config.token("pad_token_id");
  const act = activationOf(config.text("hidden_act", "gelu"));
  const firstPosition = positionPadding === undefined ? 0 : positionPadding + 1;
  const base = `${modelType}.embeddings`;
  const layer = (i: number) => `${modelType}.encoder.layer.${i}`;
  const parts = ["query", "key", "value"];

  const params = {
    ...tableSpecs(`${base}.word_embeddings`, vocabulary, width, sd, padding),
    ...tableSpecs(`${base}.position_embeddings`, positions, width, sd, positionPadding),
    ...tableSpecs(`${base}.token_type_embeddings`, config.whole("type_vocab_size", 2), width, sd),
    ...normSpecs(`${base}.LayerNorm`, width),
  };
  for (let i = 0; i < layers; i++) {
    for (const part of parts) Object.assign(params, affineSpecs(`${layer(i)}.attention.self.${part}`, width, width, sd));
    Object.assign(params, affineSpecs(`${layer(i)}.attention.output.dense`, width, width, sd));
    Object.assign(params, normSpecs(`${layer(i)}.attention.output.LayerNorm`, width));
    Object.assign(params, affineSpecs(`${layer(i)}.intermediate.dense`, width, inner, sd));
    Object.assign(params, affineSpecs(`${layer(i)}.output.dense`, inner, width, sd));
    Object.assign(params, normSpecs(`${layer(i)}.output.LayerNorm`, width));
  }

  return {
    modelType,
    prefix: `${modelType}.`,
    width,
    vocabulary,
    maxTokens: positions - firstPosition,
    causal: false,
    initializerRange: sd,
    headDropout: config.real("classifier_dropout", hiddenDropout),
    cache: { layers, heads, dim: width / heads },
    parts: (i) => ({ attention: `${layer(i)}.attention.output`, feedForward: `${layer(i)}.output` }),
    fanInFanOut: false,
    mlm: { eps, act },
    embeddings: `${base}.word_embeddings.weight`,
    params,
    states(weights, batch, context) {
      const table = (name: string) => weights[`${base}.${name}.weight`] as Tensor;
      const words = wordsOf(weights, batch, `${base}.word_embeddings.weight`, padding);
      const types = table("token_type_embeddings");
      const typed = add(words, batch.types === undefined ? select(types, 0, 0) : embedding(batch.types, types));
      const at = firstPosition === 0 ? batch.positions : add(batch.positions, firstPosition);
      const places = embedding(at, table("position_embeddings"), positionPadding === undefined ? {} : { paddingIndex: positionPadding });
      const start = layerNorm(add(typed, places), norm(weights, `${base}.LayerNorm`, eps));
      const hidden = [dropped(start, hiddenDropout, context)];
      for (let i = 0; i < layers; i++) {
        const block = layerIn(context, (h: Tensor) => {
          const names = parts.map((part) => `${layer(i)}.attention.self.${part}`);
          const mixed = selfAttention(weights, names, { batch, layer: i, heads, dropout: attentionDropout }, h, context);
          const added = (part: string, x: Tensor, input: Tensor) => {
            const given = dropped(affine(weights, `${part}.dense`, x), hiddenDropout, context);
            return addNormed(weights, part, `${part}.LayerNorm`, eps, given, input);
          };
          const y = added(`${layer(i)}.attention.output`, mixed, h);
          return added(`${layer(i)}.output`, act(affine(weights, `${layer(i)}.intermediate.dense`, y)), y);
        });
        hidden.push(block(hidden[i] as Tensor));
      }
      return { last: hidden[layers] as Tensor, hidden };
    },
  };
}
