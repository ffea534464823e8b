/** Multi-head attention as a layer, named and started as torch.nn.MultiheadAttention: one product makes queries, keys and values. */

import { TetradError } from "../errors.js";
import { type AttentionOptions, attention } from "../ops/attention.js";
import { reshape } from "../ops/reshape.js";
import { slice } from "../ops/slice.js";
import { squeeze } from "../ops/squeeze.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";
import { linear } from "./linear.js";
import type { ApplyContext } from "./model.js";
import { requireSizes } from "./sizes.js";

/** What a layer with attention may be told beside its input. */
export interface SequenceOptions extends Omit<AttentionOptions, "dropout" | "stream" | "scale"> {
  /** Keys and values come from here instead of from the input: a decoder's look at its encoder. */
  readonly memory?: Tensor;
}

export interface AttentionLayer extends Layer {
  apply(params: Readonly<Record<string, Tensor>>, x: Tensor, context: ApplyContext, options?: SequenceOptions): Tensor;
}

export interface MultiHeadAttentionOptions {
  readonly bias?: boolean;
  /** Probability of dropping a weight while training. */
  readonly dropout?: number;
}

/**
 * x (batch, tokens, width), or (tokens, width) of packed sequences with `cuSeqlens`.
 * Throws ARGUMENT when the heads do not divide the width.
 */
export function multiHeadAttention(
  width: number,
  heads: number,
  { bias = true, dropout = 0 }: MultiHeadAttentionOptions = {},
): AttentionLayer {
  requireSizes("multiHeadAttention", width, heads);
  if (width % heads !== 0)
    throw new TetradError("ARGUMENT", {
      op: "multiHeadAttention",
      what: "the heads must divide the width",
      got: `${heads} heads of ${width}`,
    });
  const params: Record<string, ParamSpec> = {
    // Xavier: the matrix counts as one of 3·width outputs.
    in_proj_weight: { shape: [3 * width, width], init: { uniform: Math.sqrt(6 / (4 * width)) } },
    "out_proj.weight": { shape: [width, width], init: { uniform: 1 / Math.sqrt(width) } },
  };
  if (bias) {
    params["in_proj_bias"] = { shape: [3 * width], init: "zeros" };
    params["out_proj.bias"] = { shape: [width], init: "zeros" };
  }
  const dim = width / heads;
  return {
    params,
    apply(tensors, x, { training }, { memory, ...options } = {}) {
      const [weight, offset] = [tensors["in_proj_weight"] as Tensor, tensors["in_proj_bias"]];
      const rows = (from: number, to: number) => ({
        weight: slice(weight, [from * width, 0], [to * width, width]),
        bias: offset && slice(offset, [from * width], [to * width]),
      });
      /** Projections first … last of x, as (…, last − first, heads, dim); each is a view. */
      const project = (input: Tensor, from: number, to: number): Tensor[] => {
        const part = to - from === 3 ? { weight, bias: offset } : rows(from, to);
        const lead = input.shape.slice(0, -1);
        const all = reshape(linear(input, part.weight, part.bias), [...lead, to - from, heads, dim]);
        const axis = lead.length;
        return Array.from({ length: to - from }, (_, i) => {
          const start = all.shape.map((_, a) => (a === axis ? i : 0));
          const end = all.shape.map((extent, a) => (a === axis ? i + 1 : extent));
          return squeeze(slice(all, start, end), axis);
        });
      };
      const [q, k, v] = (memory === undefined ? project(x, 0, 3) : [...project(x, 0, 1), ...project(memory, 1, 3)]) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const y = attention(q, k, v, { ...options, ...(training && dropout > 0 && { dropout }) });
      return linear(reshape(y, [...x.shape.slice(0, -1), width]), tensors["out_proj.weight"] as Tensor, tensors["out_proj.bias"]);
    },
  };
}
