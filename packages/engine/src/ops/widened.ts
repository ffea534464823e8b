/** Weights as numbers, for ops that read them in no storage format. */

import type { Tensor } from "../tensor.js";
import { dequantize } from "./dequantize.js";
import { dequantizePanels } from "./dequantizePanels.js";

/** A weight as numbers, whatever its store keeps it as. */
export function widened(weight: Tensor): Tensor {
  const { stored } = weight;
  if (stored === undefined) return weight;
  if (stored.layout === "panels") return dequantizePanels(weight, stored.format, stored.shape, stored.dtype);
  return dequantize(weight, stored.format, stored.shape[1], stored.dtype);
}
