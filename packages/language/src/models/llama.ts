/** The Llama family (Touvron et al. 2023, arXiv:2302.13971): rotary positions, grouped queries, gated layers, no offsets but Qwen2's. */

import { addRmsNorm, mul, rmsNorm, ropeTables, type Tensor, TetradError } from "@tetrad/engine";
import type { Backbone } from "./backbone.js";
import type { ConfigFields } from "./config.js";
import {
  activationOf,
  adapterParts,
  affine,
  affineSpecs,
  attend,
  behind,
  joinHeads,
  layerIn,
  norm,
  normSpecs,
  splitHeads,
  tableSpecs,
  wordsOf,
} from "./parts.js";

export function llama(config: ConfigFields): Backbone {
  return llamaLike(config, "llama", config.flag("attention_bias", false), config.flag("attention_bias", false));
}

/** Queries, keys and values have offsets, outputs have none. */
export function qwen2(config: ConfigFields): Backbone {
  config.only("use_sliding_window", false);
  return llamaLike(config, "qwen2", true, false);
}

/** Base of the frequencies: at the top level in files of transformers 4, in `rope_parameters` in those of 5. */
function ropeTheta(config: ConfigFields): number {
  const parameters = config.part("rope_parameters") ?? config.part("rope_scaling");
  const type = parameters?.text("rope_type", parameters.text("type", "default")) ?? "default";
  if (type !== "default") {
    throw new TetradError("UNSUPPORTED", {
      op: config.source,
      what: "this scaling of rotary positions is not built",
      got: type,
      expected: "default",
    });
  }
  return config.part("rope_parameters")?.real("rope_theta", 10000) ?? config.real("rope_theta", 10000);
}

function llamaLike(config: ConfigFields, modelType: string, inputBias: boolean, outputBias: boolean): Backbone {
  config.only("rope_interleaved", false);
  const width = config.whole("hidden_size");
  const layers = config.whole("num_hidden_layers");
  const heads = config.whole("num_attention_heads");
  const kvHeads = config.whole("num_key_value_heads", heads);
  const dim = config.whole("head_dim", width / heads);
  const inner = config.whole("intermediate_size");
  const vocabulary = config.whole("vocab_size");
  const positions = config.whole("max_position_embeddings");
  const eps = config.real("rms_norm_eps", 1e-6);
  const attentionDropout = config.real("attention_dropout", 0);
  const sd = config.real("initializer_range", 0.02);
  const theta = ropeTheta(config);
  const mlpBias = config.flag("mlp_bias", false);
  const act = activationOf(config.text("hidden_act", "silu"));
  const layer = (i: number) => `model.layers.${i}`;

  const params = tableSpecs("model.embed_tokens", vocabulary, width, sd);
  for (let i = 0; i < layers; i++) {
    Object.assign(params, normSpecs(`${layer(i)}.input_layernorm`, width, false));
    Object.assign(params, affineSpecs(`${layer(i)}.self_attn.q_proj`, width, heads * dim, sd, inputBias));
    for (const part of ["k_proj", "v_proj"]) {
      Object.assign(params, affineSpecs(`${layer(i)}.self_attn.${part}`, width, kvHeads * dim, sd, inputBias));
    }
    Object.assign(params, affineSpecs(`${layer(i)}.self_attn.o_proj`, heads * dim, width, sd, outputBias));
    Object.assign(params, normSpecs(`${layer(i)}.post_attention_layernorm`, width, false));
    for (const part of ["gate_proj", "up_proj"]) Object.assign(params, affineSpecs(`${layer(i)}.mlp.${part}`, width, inner, sd, mlpBias));
    Object.assign(params, affineSpecs(`${layer(i)}.mlp.down_proj`, inner, width, sd, mlpBias));
  }
  Object.assign(params, normSpecs("model.norm", width, false));

  return {
    modelType,
    prefix: "model.",
    width,
    vocabulary,
    maxTokens: positions,
    causal: true,
    initializerRange: sd,
    headDropout: 0,
    cache: { layers, heads: kvHeads, dim },
    parts: (i) => adapterParts(layer(i)),
    fanInFanOut: false,
    embeddings: "model.embed_tokens.weight",
    params,
    states(weights, batch, context) {
      let sum = wordsOf(weights, batch, "model.embed_tokens.weight");
      let y = rmsNorm(sum, norm(weights, `${layer(0)}.input_layernorm`, eps));
      // No sequence of the batch is longer than the batch, which may be longer than the model reads: attention wants a row for each of its keys.
      const longest = batch.longest ?? ((batch.keyRows ?? batch.ids).shape[0] as number);
      const rope = ropeTables(longest, dim, theta, sum.dtype as "f32" | "f64");
      const hidden = [sum];
      for (let i = 0; i < layers; i++) {
        const own = layerIn(context, (before: Tensor, input: Tensor) => {
          const part = (name: string, count: number) => splitHeads(affine(weights, `${layer(i)}.self_attn.${name}`, input), count);
          const mixed = attend(weights, batch, i, part("q_proj", heads), part("k_proj", kvHeads), part("v_proj", kvHeads), {
            causal: true,
            rope,
            dropout: context.training ? attentionDropout : 0,
          });
          const attended = affine(weights, `${layer(i)}.self_attn.o_proj`, joinHeads(mixed));
          const { attention, feedForward } = adapterParts(layer(i));
          const middle = addRmsNorm(
            behind(weights, attention, attended, before),
            before,
            norm(weights, `${layer(i)}.post_attention_layernorm`, eps),
          );
          const gated = mul(
            act(affine(weights, `${layer(i)}.mlp.gate_proj`, middle.y)),
            affine(weights, `${layer(i)}.mlp.up_proj`, middle.y),
          );
          const next = i + 1 < layers ? `${layer(i + 1)}.input_layernorm` : "model.norm";
          const given = behind(weights, feedForward, affine(weights, `${layer(i)}.mlp.down_proj`, gated), middle.sum);
          return addRmsNorm(given, middle.sum, norm(weights, next, eps));
        });
        ({ sum, y } = own(sum, y));
        hidden.push(i + 1 < layers ? sum : y);
      }
      return { last: y, hidden };
    },
  };
}
