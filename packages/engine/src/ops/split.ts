/** A tensor cut into pieces along an axis; the reverse of concat. */

import { TetradError } from "../errors.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { sliceAxis } from "./slice.js";

/**
 * Pieces of `x` along `axis`, each a view.
 * @param sections how many equal pieces, or the extent of each piece; throws SHAPE unless they fill the axis
 */
export function split(x: Tensor, sections: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis(axis, x.rank);
  const extent = x.shape[at] as number;
  const sizes = typeof sections === "number" ? new Array<number>(sections).fill(extent / sections) : sections;
  if (!sizes.every((size) => Number.isInteger(size) && size >= 0) || sizes.reduce((total, size) => total + size, 0) !== extent) {
    throw new TetradError("SHAPE", {
      op: "split",
      what: `pieces do not fill axis ${at}`,
      got: typeof sections === "number" ? `${sections} equal pieces` : `[${sizes.join(", ")}]`,
      expected: `${extent} elements in all`,
    });
  }
  let begin = 0;
  return sizes.map((size) => {
    const piece = sliceAxis(x, at, begin, begin + size);
    begin += size;
    return piece;
  });
}
