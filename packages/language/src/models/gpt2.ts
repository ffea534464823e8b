/** GPT-2 (Radford et al. 2019): a decoder with norms before its parts. Its layers' weights are (in, out), as its Conv1D stores them. */

import { add, addLayerNorm, embedding, layerNorm, matmul, reshape, select, type Tensor } from "@tetrad/engine";
import type { Backbone, Params } from "./backbone.js";
import type { ConfigFields } from "./config.js";
import {
  activationOf,
  adapterParts,
  attend,
  behind,
  dropped,
  joinHeads,
  layerIn,
  layerOf,
  norm,
  normSpecs,
  tableSpecs,
  wordsOf,
} from "./parts.js";

export function gpt2(config: ConfigFields): Backbone {
  config.only("scale_attn_weights", true);
  config.only("scale_attn_by_inverse_layer_idx", false);
  const width = config.whole("n_embd");
  const layers = config.whole("n_layer");
  const heads = config.whole("n_head");
  const inner = config.whole("n_inner", 4 * width);
  const vocabulary = config.whole("vocab_size");
  const positions = config.whole("n_positions");
  const eps = config.real("layer_norm_epsilon", 1e-5);
  const attentionDropout = config.real("attn_pdrop", 0.1);
  const embeddingDropout = config.real("embd_pdrop", 0.1);
  const residualDropout = config.real("resid_pdrop", 0.1);
  const sd = config.real("initializer_range", 0.02);
  const act = activationOf(config.text("activation_function", "gelu_new"));
  const block = (i: number) => `transformer.h.${i}`;

  // What is added to the sum of all layers begins smaller, the more layers there are (Radford et al. 2019, section 2.3).
  const added = sd / Math.sqrt(2 * layers);
  const conv = (name: string, input: number, output: number, normal = sd) => ({
    [`${name}.weight`]: { shape: [input, output], init: { normal } },
    [`${name}.bias`]: { shape: [output], init: "zeros" as const },
  });
  const params = {
    ...tableSpecs("transformer.wte", vocabulary, width, sd),
    ...tableSpecs("transformer.wpe", positions, width, sd),
  };
  for (let i = 0; i < layers; i++) {
    Object.assign(params, normSpecs(`${block(i)}.ln_1`, width), conv(`${block(i)}.attn.c_attn`, width, 3 * width));
    Object.assign(params, conv(`${block(i)}.attn.c_proj`, width, width, added), normSpecs(`${block(i)}.ln_2`, width));
    Object.assign(params, conv(`${block(i)}.mlp.c_fc`, width, inner), conv(`${block(i)}.mlp.c_proj`, inner, width, added));
  }
  Object.assign(params, normSpecs("transformer.ln_f", width));

  const map = (weights: Params, name: string, x: Tensor) =>
    layerOf(weights, name, x, (input) => add(matmul(input, weights[`${name}.weight`] as Tensor), weights[`${name}.bias`] as Tensor));

  return {
    modelType: "gpt2",
    prefix: "transformer.",
    width,
    vocabulary,
    maxTokens: positions,
    causal: true,
    initializerRange: sd,
    headDropout: config.real("summary_first_dropout", 0.1),
    cache: { layers, heads, dim: width / heads },
    parts: (i) => adapterParts(block(i)),
    fanInFanOut: true,
    embeddings: "transformer.wte.weight",
    params,
    states(weights, batch, context) {
      const words = wordsOf(weights, batch, "transformer.wte.weight");
      let sum = dropped(add(words, embedding(batch.positions, weights["transformer.wpe.weight"] as Tensor)), embeddingDropout, context);
      let y = layerNorm(sum, norm(weights, `${block(0)}.ln_1`, eps));
      const hidden = [sum];
      for (let i = 0; i < layers; i++) {
        const own = layerIn(context, (before: Tensor, input: Tensor) => {
          const fused = map(weights, `${block(i)}.attn.c_attn`, input);
          const three = reshape(fused, [fused.shape[0] as number, 3, heads, width / heads]);
          const mixed = attend(weights, batch, i, select(three, 1, 0), select(three, 1, 1), select(three, 1, 2), {
            causal: true,
            dropout: context.training ? attentionDropout : 0,
          });
          const attended = dropped(map(weights, `${block(i)}.attn.c_proj`, joinHeads(mixed)), residualDropout, context);
          const { attention, feedForward } = adapterParts(block(i));
          const middle = addLayerNorm(behind(weights, attention, attended, before), before, norm(weights, `${block(i)}.ln_2`, eps));
          const outer = map(weights, `${block(i)}.mlp.c_proj`, act(map(weights, `${block(i)}.mlp.c_fc`, middle.y)));
          const next = i + 1 < layers ? `${block(i + 1)}.ln_1` : "transformer.ln_f";
          const given = behind(weights, feedForward, dropped(outer, residualDropout, context), middle.sum);
          return addLayerNorm(given, middle.sum, norm(weights, next, eps));
        });
        ({ sum, y } = own(sum, y));
        hidden.push(i + 1 < layers ? sum : y);
      }
      return { last: y, hidden };
    },
  };
}
