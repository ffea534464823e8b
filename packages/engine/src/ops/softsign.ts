/** A sigmoid with tails that fall off like 1/x. */

import { elementwise } from "../op.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { abs } from "./abs.js";
import { add } from "./add.js";
import { div } from "./div.js";
import { square } from "./square.js";

export const softsignOp = elementwise({
  name: "softsign",
  arity: 1,
  strip: "softsign",
  reference:
    () =>
    (x = 0) =>
      x / (1 + Math.abs(x)),
  gradient: ({ inputs: [x], dy }) => [div(dy, square(add(1, abs(x as Tensor))))],
  floatOnly: true,
  flopsPerElement: 3,
  defaults: {},
});

/** x / (1 + |x|), element by element. Source: Turian, Bergstra and Bengio 2009. */
export function softsign(x: Tensor): Tensor {
  return apply(softsignOp, [x], {});
}
