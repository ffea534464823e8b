/** A value whose gradient is computed by a function of the caller's instead of by the ops that made it. */

import { TetradError } from "../errors.js";
import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { vmap } from "../transforms/vmap.js";
import { broadcastTo } from "./broadcastTo.js";
import { specOf } from "./identity.js";
import { sum } from "./sum.js";

/** What a gradient function is given: the cotangent of the output, the inputs, and the output itself. */
export interface BackwardContext {
  readonly dy: Tensor;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/** Cotangents of the inputs, in their order; undefined where nothing flows back. */
export type Backward = (context: BackwardContext) => readonly (Tensor | undefined)[];

type Attrs = { readonly backward: Backward };

/** Inputs: the value, then what its gradient goes to. */
export const customGradientOp: Op<Attrs> = {
  name: "customGradient",
  tolerance: "exact",
  valueInputs: 1,
  infer: ([y]) => [specOf(y as Spec)],
  gradient({ inputs: [output, ...inputs], dy, attrs }) {
    const dxs = attrs.backward({ dy, inputs, output: output as Tensor });
    if (dxs.length !== inputs.length) {
      throw new TetradError("ARGUMENT", {
        op: "customGradient",
        what: "the gradient function must return one cotangent per input",
        got: `${dxs.length}`,
        expected: `${inputs.length}`,
      });
    }
    return [undefined, ...dxs];
  },
  reference: ([y]) => [y as NonNullable<typeof y>],
  flops: () => 0,
  cases: () => [
    {
      name: "value",
      inputs: [
        { shape: [3, 7], frozen: true },
        { shape: [5], frozen: true },
      ],
      attrs: { backward: ({ inputs }) => inputs },
    },
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true, frozen: true }], attrs: { backward: () => [] } },
  ],
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
  batch([output, ...inputs], [mapped, ...flags], { backward }) {
    const y = output as Tensor;
    const extent = [y, ...inputs][[mapped, ...flags].indexOf(true)]?.shape[0] as number;
    const wide = mapped === true ? y : broadcastTo(y, [extent, ...y.shape]);
    const axes = [0, 0, ...flags.map((flag) => (flag ? 0 : null))];
    const batchedBackward: Backward = (context) => {
      const one = (dy: Tensor, value: Tensor, ...xs: Tensor[]) => backward({ dy, inputs: xs, output: value });
      const dxs = vmap(one, axes)(context.dy, context.output, ...context.inputs);
      return dxs.map((dx, i) => (dx === undefined || flags[i] === true ? dx : sum(dx, 0)));
    };
    return [apply(customGradientOp, [wide, ...inputs], { backward: batchedBackward })];
  },
};

/** `y` itself, with cotangents of `inputs` from `backward`; the ops that made `y` get none. */
export function withGradient(y: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  return apply(customGradientOp, [y, ...inputs], { backward });
}
