/** How many elements a reduction covers: a number, or a value of the plan where a bounded axis is among them. */

import type { FloatDType } from "../dtype.js";
import { ndFrom } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Bound, Tensor } from "../tensor.js";
import { apply, type TensorLike } from "../trace.js";

type Attrs = { readonly axes: readonly number[]; readonly dtype: FloatDType };

function sizeOver(shape: readonly number[], axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis] as number));
}

export const liveCountOp: Op<Attrs> = {
  name: "liveCount",
  tolerance: "exact",
  infer: (_, { dtype }) => [{ shape: [], dtype }],
  gradient: () => [],
  reference: ([x], { axes, dtype }) => [ndFrom([], dtype, [sizeOver((x as NonNullable<typeof x>).shape, axes)])],
  flops: () => 0,
  // Bounded axes exist in programs only, whose tests are its tests.
  cases: () => [],
  lowering: {
    kind: "launch",
    launch(context, node, { axes, dtype }) {
      const x = node.inputs[0] as Tensor;
      const times = sizeOver(x.shape, axes) / (x.shape[0] as number);
      context.emit({
        kernel: "live_count",
        dtype,
        outputs: node.outputs,
        inputs: [],
        scalars: [{ live: x.bound as Bound, times }],
        flops: 0,
      });
    },
  },
  bounded: true,
};

/** Elements of `x` along `axes`, as a number where it is known when the plan is made. */
export function countOver(x: Tensor, axes: readonly number[], dtype: FloatDType): TensorLike {
  const most = sizeOver(x.shape, axes);
  return x.bound === undefined || !axes.includes(0) || most === 0 ? most : apply(liveCountOp, [x], { axes, dtype });
}
