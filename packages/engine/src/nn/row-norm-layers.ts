/** layerNorm and rmsNorm as layers, named and started as torch.nn.LayerNorm and torch.nn.RMSNorm. */

import { layerNorm } from "../ops/layerNorm.js";
import { rmsNorm } from "../ops/rmsNorm.js";
import type { Shape } from "../shape.js";
import type { ParamSpec } from "../store.js";
import type { Layer } from "./layer.js";
import { requireSizes } from "./sizes.js";

export interface NormLayerOptions {
  readonly eps?: number;
  /** Trained weight (and bias, where the norm has one); yes unless told. */
  readonly affine?: boolean;
  /** False leaves only the bias out. */
  readonly bias?: boolean;
}

const given = (eps: number | undefined) => (eps === undefined ? {} : { eps });

/** Normalises the last axes, whose extents are `shape` (a number for one axis). */
export function layerNormLayer(shape: number | Shape, { eps, affine = true, bias = true }: NormLayerOptions = {}): Layer {
  const own = typeof shape === "number" ? [shape] : shape;
  requireSizes("layerNormLayer", ...own);
  const params: Record<string, ParamSpec> = {};
  if (affine) params["weight"] = { shape: own, init: "ones" };
  if (affine && bias) params["bias"] = { shape: own, init: "zeros" };
  return {
    params,
    apply: ({ weight, bias: b }, x) => layerNorm(x, { ...(weight && { weight }), ...(b && { bias: b }), ...given(eps), axes: own.length }),
  };
}

/** Scales the last axes, whose extents are `shape`, to a root mean square of 1. */
export function rmsNormLayer(shape: number | Shape, { eps, affine = true }: Omit<NormLayerOptions, "bias"> = {}): Layer {
  const own = typeof shape === "number" ? [shape] : shape;
  requireSizes("rmsNormLayer", ...own);
  const params: Record<string, ParamSpec> = affine ? { weight: { shape: own, init: "ones" } } : {};
  return { params, apply: ({ weight }, x) => rmsNorm(x, { ...(weight && { weight }), ...given(eps), axes: own.length }) };
}
