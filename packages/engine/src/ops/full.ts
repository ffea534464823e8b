/** Tensors of one repeated value: a scalar read with stride zero, so they cost no memory. */

import type { DType } from "../dtype.js";
import type { Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { constant } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { where } from "./where.js";

/** `value` everywhere. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  return broadcastTo(constant(value, [], dtype), shape);
}

/** Zeros. */
export function zeros(shape: Shape, dtype: DType = "f32"): Tensor {
  return full(shape, 0, dtype);
}

/** Ones. */
export function ones(shape: Shape, dtype: DType = "f32"): Tensor {
  return full(shape, 1, dtype);
}

/** Zeros of the shape, type and bounded axis of `x`, whose values are not read: NaN there stays there. */
export function zerosLike(x: Tensor): Tensor {
  return x.bound === undefined ? zeros(x.shape, x.dtype) : where(constant(0, [], "bool"), x, 0);
}
