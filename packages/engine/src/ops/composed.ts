/** For fused ops: the same function written with other ops gives what is not worth a kernel of its own, second derivatives and uneven vmaps. */

import { vjp } from "../autodiff.js";
import { isFloat } from "../dtype.js";
import type { GradientContext } from "../op.js";
import type { Attrs, Tensor } from "../tensor.js";
import { vmap } from "../transforms/vmap.js";
import { identity } from "./identity.js";

/** A fused op's outputs from its inputs by other ops. */
export type Composition<A extends Attrs> = (inputs: readonly Tensor[], attrs: A) => readonly Tensor[];

/** The fused op's gradient as that of its composition; inputs are cut off from one another, for one may depend on another outside. */
export function composedGradient<A extends Attrs>(
  compose: Composition<A>,
  { inputs, dys, attrs }: GradientContext<A>,
): (Tensor | undefined)[] {
  const own = inputs.map(identity);
  const flowing = compose(own, attrs).flatMap((y, i) => (dys[i] === undefined ? [] : [{ y, dy: dys[i] as Tensor }]));
  const wrt = own.filter((x) => isFloat(x.dtype));
  const dxs = vjp(
    flowing.map(({ y }) => y),
    flowing.map(({ dy }) => dy),
    wrt,
  );
  return own.map((x) => dxs[wrt.indexOf(x)]);
}

/** The fused op's batch rule as that of its composition. */
export function composedBatch<A extends Attrs>(
  compose: Composition<A>,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  attrs: A,
): readonly Tensor[] {
  const f = (...xs: Tensor[]) => [...compose(xs, attrs)];
  return vmap(
    f,
    batched.map((flag) => (flag ? 0 : null)),
  )(...inputs);
}
