/** groupNorm as a layer, named and started as torch.nn.GroupNorm. */

import { TetradError } from "../errors.js";
import { groupNorm } from "../ops/groupNorm.js";
import type { ParamSpec } from "../store.js";
import type { Layer } from "./layer.js";
import { requireSizes } from "./sizes.js";

/** For (N, C, …). Throws ARGUMENT unless `groups` divides `channels`. */
export function groupNormLayer(
  groups: number,
  channels: number,
  { eps = 1e-5, affine = true }: { readonly eps?: number; readonly affine?: boolean } = {},
): Layer {
  requireSizes("groupNormLayer", groups, channels);
  if (channels % groups !== 0)
    throw new TetradError("ARGUMENT", {
      op: "groupNormLayer",
      what: "the groups must divide the channels",
      got: `${groups} of ${channels}`,
    });
  const params: Record<string, ParamSpec> = affine
    ? { weight: { shape: [channels], init: "ones" }, bias: { shape: [channels], init: "zeros" } }
    : {};
  return { params, apply: ({ weight, bias }, x) => groupNorm(x, groups, { eps, ...(weight && { weight }), ...(bias && { bias }) }) };
}
