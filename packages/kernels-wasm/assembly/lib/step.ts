/**
 * The step scalars: one small f64 block per program, written by the host or by core/advance, read by optimisers. Mirrored by
 * src/step.ts. A plan never changes from step to step; what does change is here.
 */
import { STOP } from "./control";

/** Steps taken before this one. */
export const STEP: usize = 0;
export const LEARNING_RATE: usize = 8;
/** Factor on the gradients: 1, or less where their global norm was clipped. */
export const GRADIENT_SCALE: usize = 16;
export const GRADIENT_NORM: usize = 24;
export const LAST_LOSS: usize = 32;

/** True once a kernel has asked the job to end: the parameters must stay as they are. */
// @ts-ignore: decorator
@inline
export function stopped(): bool {
  return atomic.load<i32>(STOP) != 0;
}

/** x^n by squaring: the same bits on every thread and machine, unlike a pow by logarithms. */
export function power(x: f64, n: f64): f64 {
  let result: f64 = 1;
  let factor = x;
  let rest = <u64>n;
  while (rest != 0) {
    if ((rest & 1) != 0) result *= factor;
    factor *= factor;
    rest >>= 1;
  }
  return result;
}
