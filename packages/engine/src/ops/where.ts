/** Choice between two tensors, element by element. */

import { type DType, isFloat, promote } from "../dtype.js";
import { elementwise, HOSTILE_EXTENTS, type OpCase } from "../op.js";
import type { Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply, lift, type TensorLike } from "../trace.js";

export const whereOp = elementwise({
  name: "where",
  arity: 3,
  strip: "where",
  reference:
    () =>
    (condition = 0, a = 0, b = 0) =>
      condition !== 0 ? a : b,
  gradient: ({ inputs: [condition], dy }) => [undefined, where(condition as Tensor, dy, 0), where(condition as Tensor, 0, dy)],
  promoteFrom: 1,
  tolerance: "exact",
  cases: whereCases(),
  defaults: {},
});

function whereCases(): OpCase<Record<never, never>>[] {
  const one = (name: string, shapes: readonly [Shape, Shape, Shape], transposed = false): OpCase<Record<never, never>> => ({
    name,
    inputs: [{ shape: shapes[0], dtype: "bool", frozen: true }, { shape: shapes[1], transposed }, { shape: shapes[2] }],
    attrs: {},
  });
  return [
    ...HOSTILE_EXTENTS.map((n) => one(`n${n}`, [[n], [n], [n]])),
    one("scalar", [[], [], []]),
    one(
      "transposed",
      [
        [9, 17],
        [9, 17],
        [9, 17],
      ],
      true,
    ),
    one("rows", [[3, 1], [7], [3, 7]]),
    one("condition only", [[2, 3, 5], [], [1]]),
    one("past a strip", [[5, 257], [257], [5, 1]]),
  ];
}

/** The type that a number takes beside another branch: that branch's own, or f32 where neither branch is a tensor. */
function branchType(a: TensorLike, b: TensorLike): DType {
  const types = [a, b].flatMap((x) => (typeof x === "number" ? [] : [x.dtype]));
  const fraction = [a, b].some((x) => typeof x === "number" && !Number.isInteger(x));
  const [first] = types;
  if (first === undefined) return "f32";
  const type = types.reduce(promote, first);
  return fraction && !isFloat(type) ? "f32" : type;
}

/** a where `condition` is true (not 0), else b; all broadcast. The branch not taken gets no gradient, and its NaN does not leak. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const type = branchType(a, b);
  const branch = (x: TensorLike) => lift(x, type, condition.graph);
  return apply(whereOp, [condition, branch(a), branch(b)], {});
}
