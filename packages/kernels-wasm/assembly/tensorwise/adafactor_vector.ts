/**
 * Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) on a parameter that is no matrix: its second moment is kept whole. Words: params,
 * second moment, momentum (0 without), gradients, step scalars, n (all in whole vectors), flags, then the constants of adafactor_step.ts.
 */
import { barrier } from "../lib/barrier";
import { shared_scratch } from "../lib/control";
import { flush } from "../lib/flush";
import { lanes } from "../lib/simd";
import { first_lanes, squares, sum_in_order, sum_of_squares } from "../lib/squares";
import { GRADIENT_SCALE, stopped } from "../lib/step";
import { BETA1, clipped, EPS1, fresh_share, shrinkage, step_size, TORCH } from "./adafactor_step";

const CHUNK: i32 = 16384;
const SECOND: usize = 1 << 20;

function adafactor_vector<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const second = load<usize>(p, 4);
  const momentum = load<usize>(p, 8);
  const gradients = load<usize>(p, 12);
  const scalars = load<usize>(p, 16);
  const n = load<i32>(p, 20);
  const flags = load<i32>(p, 24);
  const k = p + 28;
  const eps1 = load<f64>(k, EPS1);
  const share = fresh_share(k, scalars);
  const fresh = v128.splat<T>(<T>share);
  const kept = v128.splat<T>(<T>(1 - share));
  const least = v128.splat<T>(<T>((flags & TORCH) != 0 ? eps1 * eps1 : 0));
  const added = v128.splat<T>(<T>((flags & TORCH) != 0 ? 0 : eps1));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const param_sums = shared_scratch();
  const update_sums = param_sums + SECOND;
  const chunks = (n + CHUNK - 1) / CHUNK;
  // The launch before may still be reading the scratch.
  if (!barrier(threads)) return;
  for (let c = thread; c < chunks; c += threads) {
    const from = c * CHUNK;
    const to = min(from + CHUNK, n);
    let of_updates = v128.splat<f64>(0);
    for (let j = from; j < to; j += lanes<T>()) {
      const i = <usize>j * sizeof<T>();
      const g = v128.mul<T>(v128.load(gradients + i), scale);
      const square = v128.add<T>(v128.mul<T>(g, g), added);
      const v = flush<T>(v128.add<T>(v128.mul<T>(kept, v128.load(second + i)), v128.mul<T>(fresh, square)));
      v128.store(second + i, v);
      // Past the end 0 / 0 is not a number where eps1 is 0.
      const u = first_lanes<T>(v128.div<T>(g, v128.sqrt<T>(v128.max<T>(v, least))), to - j);
      of_updates = v128.add<f64>(of_updates, squares<T>(u));
    }
    store<f64>(update_sums + (<usize>c << 3), v128.extract_lane<f64>(of_updates, 0) + v128.extract_lane<f64>(of_updates, 1));
    store<f64>(param_sums + (<usize>c << 3), sum_of_squares<T>(params + <usize>from * sizeof<T>(), to - from));
  }
  if (!barrier(threads)) return;
  const rate = step_size(k, flags, scalars, Math.sqrt(sum_in_order(param_sums, chunks) / <f64>n));
  const step = v128.splat<T>(<T>(rate * clipped(k, Math.sqrt(sum_in_order(update_sums, chunks) / <f64>n))));
  const shrink = v128.splat<T>(<T>shrinkage(k, flags, scalars, rate));
  const beta1 = load<f64>(k, BETA1);
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  for (let c = thread; c < chunks; c += threads) {
    const to = min((c + 1) * CHUNK, n);
    for (let j = c * CHUNK; j < to; j += lanes<T>()) {
      const i = <usize>j * sizeof<T>();
      const g = v128.mul<T>(v128.load(gradients + i), scale);
      const root = v128.sqrt<T>(v128.max<T>(v128.load(second + i), least));
      let u = first_lanes<T>(v128.mul<T>(step, v128.div<T>(g, root)), to - j);
      if (momentum != 0) {
        u = flush<T>(v128.add<T>(v128.mul<T>(b1, v128.load(momentum + i)), v128.mul<T>(one_b1, u)));
        v128.store(momentum + i, u);
      }
      v128.store(params + i, v128.sub<T>(v128.mul<T>(v128.load(params + i), shrink), u));
    }
  }
}

export function adafactor_vector_f32(p: usize, thread: i32, threads: i32): void {
  adafactor_vector<f32>(p, thread, threads);
}

export function adafactor_vector_f64(p: usize, thread: i32, threads: i32): void {
  adafactor_vector<f64>(p, thread, threads);
}
