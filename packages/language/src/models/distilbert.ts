/** DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT without token types and pooler, under names of its own. */

import { add, embedding, layerNorm, type Tensor } from "@tetrad/engine";
import type { Backbone } from "./backbone.js";
import type { ConfigFields } from "./config.js";
import {
  activationOf,
  adapterParts,
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

/** Not in its configuration. */
const EPS = 1e-12;

export function distilbert(config: ConfigFields): Backbone {
  const width = config.whole("dim");
  const layers = config.whole("n_layers");
  const heads = config.whole("n_heads");
  const inner = config.whole("hidden_dim");
  const vocabulary = config.whole("vocab_size");
  const positions = config.whole("max_position_embeddings");
  const rate = config.real("dropout", 0.1);
  const attentionDropout = config.real("attention_dropout", 0.1);
  const sd = config.real("initializer_range", 0.02);
  const padding = config.token("pad_token_id");
  const act = activationOf(config.text("activation", "gelu"));
  const base = "distilbert.embeddings";
  const layer = (i: number) => `distilbert.transformer.layer.${i}`;
  const parts = ["q_lin", "k_lin", "v_lin"];

  const params = {
    ...tableSpecs(`${base}.word_embeddings`, vocabulary, width, sd, padding),
    ...tableSpecs(`${base}.position_embeddings`, positions, width, sd),
    ...normSpecs(`${base}.LayerNorm`, width),
  };
  for (let i = 0; i < layers; i++) {
    for (const part of [...parts, "out_lin"]) Object.assign(params, affineSpecs(`${layer(i)}.attention.${part}`, width, width, sd));
    Object.assign(params, normSpecs(`${layer(i)}.sa_layer_norm`, width));
    Object.assign(params, affineSpecs(`${layer(i)}.ffn.lin1`, width, inner, sd));
    Object.assign(params, affineSpecs(`${layer(i)}.ffn.lin2`, inner, width, sd));
    Object.assign(params, normSpecs(`${layer(i)}.output_layer_norm`, width));
  }

  return {
    modelType: "distilbert",
    prefix: "distilbert.",
    width,
    vocabulary,
    maxTokens: positions,
    causal: false,
    initializerRange: sd,
    headDropout: config.real("seq_classif_dropout", 0.2),
    cache: { layers, heads, dim: width / heads },
    parts: (i) => adapterParts(layer(i)),
    fanInFanOut: false,
    mlm: { eps: EPS, act },
    embeddings: `${base}.word_embeddings.weight`,
    params,
    states(weights, batch, context) {
      const table = (name: string) => weights[`${base}.${name}.weight`] as Tensor;
      const words = wordsOf(weights, batch, `${base}.word_embeddings.weight`, padding);
      const start = layerNorm(
        add(words, embedding(batch.positions, table("position_embeddings"))),
        norm(weights, `${base}.LayerNorm`, EPS),
      );
      const hidden = [dropped(start, rate, context)];
      for (let i = 0; i < layers; i++) {
        const block = layerIn(context, (h: Tensor) => {
          const names = parts.map((part) => `${layer(i)}.attention.${part}`);
          const mixed = selfAttention(weights, names, { batch, layer: i, heads, dropout: attentionDropout }, h, context);
          const { attention, feedForward } = adapterParts(layer(i));
          const given = affine(weights, `${layer(i)}.attention.out_lin`, mixed);
          const y = addNormed(weights, attention, `${layer(i)}.sa_layer_norm`, EPS, given, h);
          const outer = dropped(affine(weights, `${layer(i)}.ffn.lin2`, act(affine(weights, `${layer(i)}.ffn.lin1`, y))), rate, context);
          return addNormed(weights, feedForward, `${layer(i)}.output_layer_norm`, EPS, outer, y);
        });
        hidden.push(block(hidden[i] as Tensor));
      }
      return { last: hidden[layers] as Tensor, hidden };
    },
  };
}
