/** Whole copies of a tensor laid side by side. */

import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { broadcastTo } from "./broadcastTo.js";
import { reshape } from "./reshape.js";

/** `x` repeated `counts[i]` times along axis i (torch.Tensor.repeat); missing leading counts are 1, and missing leading axes are added. */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  const bad = counts.find((n) => !Number.isInteger(n) || n < 0);
  if (bad !== undefined) throw new TetradError("ARGUMENT", { op: "tile", what: "counts must be whole numbers", got: `${bad}` });
  const rank = Math.max(x.rank, counts.length);
  const shape = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
  const spread = broadcastTo(
    reshape(
      x,
      shape.flatMap((extent) => [1, extent]),
    ),
    shape.flatMap((extent, i) => [times[i] as number, extent]),
  );
  return reshape(
    spread,
    shape.map((extent, i) => extent * (times[i] as number)),
  );
}
