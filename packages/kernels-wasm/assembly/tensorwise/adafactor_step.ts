/**
 * What both of Adafactor's kernels know of a step. Their words end with f64 constants, `k`: decay_rate, eps1, eps2, clip_threshold, beta1,
 * weight_decay, lr_scale; and the forms of the update differ by FLAGS.
 */
import { pow_wide } from "../lib/pow";
import { LEARNING_RATE, STEP } from "../lib/step";

const DECAY_RATE: usize = 0;
export const EPS1: usize = 8;
const EPS2: usize = 16;
const CLIP: usize = 24;
export const BETA1: usize = 32;
const WEIGHT_DECAY: usize = 40;
const LR_SCALE: usize = 48;

/** PyTorch's form: the rate is at most 1/√t, decay is by the plain rate, and eps1 bounds the root from below. */
export const TORCH: i32 = 1;
/** The step is relative to the parameter's own size. */
const RELATIVE: i32 = 2;

/** Share of the new squares in the moving averages, t^decay_rate: all of it at the first step. */
// @ts-ignore: decorator
@inline
export function fresh_share(k: usize, scalars: usize): f64 {
  return v128.extract_lane<f64>(pow_wide<f64>(v128.splat<f64>(load<f64>(scalars, STEP) + 1), v128.splat<f64>(load<f64>(k, DECAY_RATE))), 0);
}

/** The rate of this step, for a parameter whose root mean square is `size`. */
// @ts-ignore: decorator
@inline
export function step_size(k: usize, flags: i32, scalars: usize, size: f64): f64 {
  let rate = load<f64>(scalars, LEARNING_RATE) * load<f64>(k, LR_SCALE);
  if ((flags & TORCH) != 0) rate = Math.min(rate, 1 / Math.sqrt(load<f64>(scalars, STEP) + 1));
  return (flags & RELATIVE) != 0 ? rate * Math.max(load<f64>(k, EPS2), size) : rate;
}

/** What a parameter is multiplied by before it takes a step of `rate`. */
// @ts-ignore: decorator
@inline
export function shrinkage(k: usize, flags: i32, scalars: usize, rate: f64): f64 {
  const plain = load<f64>(scalars, LEARNING_RATE) * load<f64>(k, LR_SCALE);
  return 1 - load<f64>(k, WEIGHT_DECAY) * ((flags & TORCH) != 0 ? plain : rate);
}

/** The factor that keeps an update of root mean square `size` at the threshold. */
// @ts-ignore: decorator
@inline
export function clipped(k: usize, size: f64): f64 {
  return 1 / Math.max(1, size / load<f64>(k, CLIP));
}
