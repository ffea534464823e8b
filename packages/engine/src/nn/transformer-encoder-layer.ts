/** A block of self-attention and a feed-forward part, named and started as torch.nn.TransformerEncoderLayer (batch first). */

import { add } from "../ops/add.js";
import { addLayerNorm } from "../ops/addLayerNorm.js";
import type { ParamSpecs } from "../store.js";
import type { Tensor } from "../tensor.js";
import { nested, within } from "./layer.js";
import { type AttentionLayer, multiHeadAttention } from "./multi-head-attention.js";
import { layerNormLayer } from "./row-norm-layers.js";
import { DEFAULTS, dropIn, feedForward, type TransformerLayerOptions } from "./transformer-options.js";

/** x (batch, tokens, width), or (tokens, width) of packed sequences with `cuSeqlens`. Source: Vaswani et al. 2017 (arXiv:1706.03762). */
export function transformerEncoderLayer(width: number, heads: number, options: TransformerLayerOptions = {}): AttentionLayer {
  const all = { ...DEFAULTS, ...options };
  const { dropout: rate, normFirst, eps, bias } = all;
  const parts = {
    self_attn: multiHeadAttention(width, heads, { bias, dropout: rate }),
    norm1: layerNormLayer(width, { eps, bias }),
    norm2: layerNormLayer(width, { eps, bias }),
  };
  const inner = feedForward(width, all);
  const params: Record<string, ParamSpecs[string]> = { ...inner.params };
  for (const [name, part] of Object.entries(parts)) Object.assign(params, nested(name, part));
  return {
    params,
    apply(tensors, x, context, sequence) {
      const attend = (h: Tensor) => dropIn(parts.self_attn.apply(within(tensors, "self_attn"), h, context, sequence), rate, context);
      const norm = (name: "norm1" | "norm2") => {
        const { weight, bias: offset } = within(tensors, name);
        return { ...(weight && { weight }), ...(offset && { bias: offset }), eps };
      };
      if (normFirst) {
        const attended = attend(parts.norm1.apply(within(tensors, "norm1"), x, context));
        const { sum, y } = addLayerNorm(attended, x, norm("norm2"));
        return add(sum, inner.apply(tensors, y, context));
      }
      const h = addLayerNorm(attend(x), x, norm("norm1")).y;
      return addLayerNorm(inner.apply(tensors, h, context), h, norm("norm2")).y;
    },
  };
}
