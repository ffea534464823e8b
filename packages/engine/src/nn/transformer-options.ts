/** What encoder and decoder blocks share: options, the feed-forward part, and where their norms stand. */

import { dropout } from "../ops/dropout.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import { ACTIVATIONS, type Activation } from "./activation.js";
import { type Layer, nested, within } from "./layer.js";
import { linearLayer } from "./linear-layer.js";
import type { ApplyContext } from "./model.js";

export interface TransformerLayerOptions {
  /** Width between the two linear maps; 2048 unless told. */
  readonly feedForward?: number;
  readonly dropout?: number;
  readonly activation?: Activation;
  /** Norms before each part rather than after its residual sum. */
  readonly normFirst?: boolean;
  readonly eps?: number;
  readonly bias?: boolean;
}

export const DEFAULTS = { feedForward: 2048, dropout: 0.1, activation: "relu", normFirst: false, eps: 1e-5, bias: true } as const;

export function dropIn(x: Tensor, rate: number, { training }: ApplyContext): Tensor {
  return training && rate > 0 ? dropout(x, { rate }) : x;
}

/** linear1, activation, dropout, linear2, dropout: `params` under PyTorch's names. */
export function feedForward(
  width: number,
  { feedForward: inner, dropout: rate, activation, bias }: Required<TransformerLayerOptions>,
): Layer {
  const [first, second] = [linearLayer(width, inner, { bias }), linearLayer(inner, width, { bias })];
  const params: Record<string, ParamSpec> = { ...nested("linear1", first), ...nested("linear2", second) };
  return {
    params,
    apply(tensors, x, context) {
      const h = ACTIVATIONS[activation](first.apply(within(tensors, "linear1"), x, context));
      return dropIn(second.apply(within(tensors, "linear2"), dropIn(h, rate, context), context), rate, context);
    },
  };
}
