/** dropout as a layer: active in training, nothing in evaluation. */

import { TetradError } from "../errors.js";
import { dropout } from "../ops/dropout.js";
import type { Layer } from "./layer.js";

/** Throws ARGUMENT for a rate outside 0 ≤ rate < 1. */
export function dropoutLayer(rate: number): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new TetradError("ARGUMENT", { op: "dropoutLayer", what: "the rate must lie in 0 ≤ rate < 1", got: `${rate}` });
  return { params: {}, apply: (_, x, { training }) => (training ? dropout(x, { rate }) : x) };
}
