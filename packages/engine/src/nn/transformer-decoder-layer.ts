/** A block of causal self-attention, attention to a memory, and a feed-forward part, named and started as torch.nn.TransformerDecoderLayer (batch first). */

import { add } from "../ops/add.js";
import { addLayerNorm } from "../ops/addLayerNorm.js";
import type { ParamSpecs } from "../store.js";
import type { Tensor } from "../tensor.js";
import { type Layer, nested, within } from "./layer.js";
import type { ApplyContext } from "./model.js";
import { multiHeadAttention, type SequenceOptions } from "./multi-head-attention.js";
import { layerNormLayer } from "./row-norm-layers.js";
import { DEFAULTS, dropIn, feedForward, type TransformerLayerOptions } from "./transformer-options.js";

export interface DecoderLayer extends Omit<Layer, "apply"> {
  /**
   * @param memory what the encoder made: (batch, keys, width), or packed with `options.memory.cuSeqlensKeys`
   * @param options of self-attention (causal unless told), and of the look at the memory
   */
  apply(
    params: Readonly<Record<string, Tensor>>,
    x: Tensor,
    memory: Tensor,
    context: ApplyContext,
    options?: { readonly self?: SequenceOptions; readonly memory?: SequenceOptions },
  ): Tensor;
}

/** x (batch, tokens, width), or (tokens, width) of packed sequences. Source: Vaswani et al. 2017 (arXiv:1706.03762). */
export function transformerDecoderLayer(width: number, heads: number, options: TransformerLayerOptions = {}): DecoderLayer {
  const all = { ...DEFAULTS, ...options };
  const { dropout: rate, normFirst, eps, bias } = all;
  const attentions = {
    self_attn: multiHeadAttention(width, heads, { bias, dropout: rate }),
    multihead_attn: multiHeadAttention(width, heads, { bias, dropout: rate }),
  };
  const inner = feedForward(width, all);
  const norm = layerNormLayer(width, { eps, bias });
  const params: Record<string, ParamSpecs[string]> = { ...inner.params };
  for (const [name, part] of Object.entries({ ...attentions, norm1: norm, norm2: norm, norm3: norm }))
    Object.assign(params, nested(name, part));
  return {
    params,
    apply(tensors, x, memory, context, { self = {}, memory: look = {} } = {}) {
      const attend = (name: keyof typeof attentions, h: Tensor, sequence: SequenceOptions) =>
        dropIn(attentions[name].apply(within(tensors, name), h, context, sequence), rate, context);
      const normOf = (name: string) => {
        const { weight, bias: offset } = within(tensors, name);
        return { ...(weight && { weight }), ...(offset && { bias: offset }), eps };
      };
      const causal = { causal: true, ...self };
      if (normFirst) {
        const first = addLayerNorm(attend("self_attn", norm.apply(within(tensors, "norm1"), x, context), causal), x, normOf("norm2"));
        const second = addLayerNorm(attend("multihead_attn", first.y, { ...look, memory }), first.sum, normOf("norm3"));
        return add(second.sum, inner.apply(tensors, second.y, context));
      }
      const first = addLayerNorm(attend("self_attn", x, causal), x, normOf("norm1")).y;
      const second = addLayerNorm(attend("multihead_attn", first, { ...look, memory }), first, normOf("norm2")).y;
      return addLayerNorm(inner.apply(tensors, second, context), second, normOf("norm3")).y;
    },
  };
}
