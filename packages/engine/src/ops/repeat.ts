/** Each element several times in a row. */

import { TetradError } from "../errors.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { broadcastTo } from "./broadcastTo.js";
import { reshape } from "./reshape.js";

/** `x` with every element of `axis` repeated `count` times in place (torch.repeat_interleave): [a, b] twice gives [a, a, b, b]. */
export function repeat(x: Tensor, count: number, axis: number): Tensor {
  if (!Number.isInteger(count) || count < 0)
    throw new TetradError("ARGUMENT", { op: "repeat", what: "the count must be a whole number", got: `${count}` });
  const at = normalizeAxis(axis, x.rank);
  const [before, after] = [x.shape.slice(0, at + 1), x.shape.slice(at + 1)];
  const spread = broadcastTo(reshape(x, [...before, 1, ...after]), [...before, count, ...after]);
  return reshape(
    spread,
    x.shape.map((extent, i) => (i === at ? extent * count : extent)),
  );
}
