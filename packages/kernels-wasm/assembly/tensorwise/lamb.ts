/**
 * LAMB (You et al. 2020, arXiv 1904.00962) on one parameter: Adam's direction plus decay, at the size of the parameter itself. Words:
 * params, m, v, gradients, step scalars, n (all in whole vectors), then f64 beta1, beta2, eps, weight_decay, lr_scale.
 *
 * The direction is computed twice, for its norm and for the step: from three arrays that are read anyway, where keeping it would cost a
 * fourth. Norms are summed in f64 over fixed chunks, so that their bits do not depend on the number of threads.
 */
import { barrier } from "../lib/barrier";
import { shared_scratch } from "../lib/control";
import { flush } from "../lib/flush";
import { lanes } from "../lib/simd";
import { first_lanes, squares, sum_in_order } from "../lib/squares";
import { GRADIENT_SCALE, LEARNING_RATE, power, STEP, stopped } from "../lib/step";

/** As clip_norm's; partial sums of both norms fill 2 MiB of shared scratch at 2^31 elements. */
const CHUNK: i32 = 16384;
/** Where the second norm's partial sums begin. */
const SECOND: usize = 1 << 20;

function lamb<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const first = load<usize>(p, 4);
  const second = load<usize>(p, 8);
  const gradients = load<usize>(p, 12);
  const scalars = load<usize>(p, 16);
  const n = load<i32>(p, 20);
  const beta1 = load<f64>(p, 24);
  const beta2 = load<f64>(p, 32);
  const epsilon = v128.splat<T>(<T>load<f64>(p, 40));
  const decay = v128.splat<T>(<T>load<f64>(p, 48));
  const lr = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 56);
  const t = load<f64>(scalars, STEP) + 1;
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>beta2);
  const one_b2 = v128.splat<T>(<T>(1 - beta2));
  const correction = v128.splat<T>(<T>(1 / (1 - power(beta1, t))));
  const root_correction = v128.splat<T>(<T>(1 / Math.sqrt(1 - power(beta2, t))));
  const param_sums = shared_scratch();
  const update_sums = param_sums + SECOND;
  const chunks = (n + CHUNK - 1) / CHUNK;
  // The launch before may still be reading the scratch.
  if (!barrier(threads)) return;
  for (let c = thread; c < chunks; c += threads) {
    let of_params = v128.splat<f64>(0);
    let of_updates = v128.splat<f64>(0);
    const to = min((c + 1) * CHUNK, n);
    for (let j = c * CHUNK; j < to; j += lanes<T>()) {
      const i = <usize>j * sizeof<T>();
      const x = v128.load(params + i);
      const g = v128.mul<T>(v128.load(gradients + i), scale);
      const m = flush<T>(v128.add<T>(v128.mul<T>(b1, v128.load(first + i)), v128.mul<T>(one_b1, g)));
      const v = flush<T>(v128.add<T>(v128.mul<T>(b2, v128.load(second + i)), v128.mul<T>(one_b2, v128.mul<T>(g, g))));
      v128.store(first + i, m);
      v128.store(second + i, v);
      of_params = v128.add<f64>(of_params, squares<T>(x));
      // Past the end 0 / 0 is not a number where eps is 0.
      const u = first_lanes<T>(direction<T>(x, m, v, correction, root_correction, epsilon, decay), to - j);
      of_updates = v128.add<f64>(of_updates, squares<T>(u));
    }
    store<f64>(param_sums + (<usize>c << 3), v128.extract_lane<f64>(of_params, 0) + v128.extract_lane<f64>(of_params, 1));
    store<f64>(update_sums + (<usize>c << 3), v128.extract_lane<f64>(of_updates, 0) + v128.extract_lane<f64>(of_updates, 1));
  }
  if (!barrier(threads)) return;
  const size = Math.sqrt(sum_in_order(param_sums, chunks));
  const length = Math.sqrt(sum_in_order(update_sums, chunks));
  const trust = size > 0 && length > 0 ? size / length : 1;
  const step = v128.splat<T>(<T>(lr * trust));
  for (let c = thread; c < chunks; c += threads) {
    const to = min((c + 1) * CHUNK, n);
    for (let j = c * CHUNK; j < to; j += lanes<T>()) {
      const i = <usize>j * sizeof<T>();
      const x = v128.load(params + i);
      const u = direction<T>(x, v128.load(first + i), v128.load(second + i), correction, root_correction, epsilon, decay);
      v128.store(params + i, v128.sub<T>(x, v128.mul<T>(step, first_lanes<T>(u, to - j))));
    }
  }
}

// @ts-ignore: decorator
@inline
function direction<T>(x: v128, m: v128, v: v128, correction: v128, root_correction: v128, epsilon: v128, decay: v128): v128 {
  const root = v128.add<T>(v128.mul<T>(v128.sqrt<T>(v), root_correction), epsilon);
  return v128.add<T>(v128.div<T>(v128.mul<T>(m, correction), root), v128.mul<T>(decay, x));
}

export function lamb_f32(p: usize, thread: i32, threads: i32): void {
  lamb<f32>(p, thread, threads);
}

export function lamb_f64(p: usize, thread: i32, threads: i32): void {
  lamb<f64>(p, thread, threads);
}
