/**
 * First launch of Muon (Jordan 2024; PyTorch's form) on one matrix: its momentum, and what is to be made orthogonal, scaled to a Frobenius
 * norm of 1. Words: momentum (whole vectors), update, gradients, step scalars, n, nesterov, then f64 beta, eps.
 */
import { barrier } from "../lib/barrier";
import { shared_scratch } from "../lib/control";
import { flush } from "../lib/flush";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { squares, sum_in_order } from "../lib/squares";
import { GRADIENT_SCALE, stopped } from "../lib/step";

const CHUNK: i32 = 16384;

function muon_momentum<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const momentum = load<usize>(p);
  const update = load<usize>(p, 4);
  const gradients = load<usize>(p, 8);
  const n = load<i32>(p, 16);
  const nesterov = load<i32>(p, 20) != 0;
  const beta = load<f64>(p, 24);
  const eps = load<f64>(p, 32);
  const scale = v128.splat<T>(<T>load<f64>(load<usize>(p, 12), GRADIENT_SCALE));
  const kept = v128.splat<T>(<T>beta);
  const fresh = v128.splat<T>(<T>(1 - beta));
  const sums = shared_scratch();
  const chunks = (n + CHUNK - 1) / CHUNK;
  // The launch before may still be reading the scratch.
  if (!barrier(threads)) return;
  for (let c = thread; c < chunks; c += threads) {
    let sum = v128.splat<f64>(0);
    const to = min((c + 1) * CHUNK, n);
    for (let j = c * CHUNK; j < to; j += lanes<T>()) {
      const i = <usize>j * sizeof<T>();
      const left = to - j;
      const g = v128.mul<T>(v128.load(gradients + i), scale);
      const m = flush<T>(v128.add<T>(v128.mul<T>(kept, v128.load(momentum + i)), v128.mul<T>(fresh, g)));
      v128.store(momentum + i, m);
      const u = nesterov ? v128.add<T>(v128.mul<T>(kept, m), v128.mul<T>(fresh, g)) : m;
      store_partial<T>(update + i, u, left);
      sum = v128.add<f64>(sum, squares<T>(u));
    }
    store<f64>(sums + (<usize>c << 3), v128.extract_lane<f64>(sum, 0) + v128.extract_lane<f64>(sum, 1));
  }
  if (!barrier(threads)) return;
  const inverse = v128.splat<T>(<T>(1 / Math.max(Math.sqrt(sum_in_order(sums, chunks)), eps)));
  for (let c = thread; c < chunks; c += threads) {
    const to = min((c + 1) * CHUNK, n);
    for (let j = c * CHUNK; j < to; j += lanes<T>()) {
      const at = update + <usize>j * sizeof<T>();
      store_partial<T>(at, v128.mul<T>(load_partial<T>(at, to - j), inverse), to - j);
    }
  }
}

export function muon_momentum_f32(p: usize, thread: i32, threads: i32): void {
  muon_momentum<f32>(p, thread, threads);
}

export function muon_momentum_f64(p: usize, thread: i32, threads: i32): void {
  muon_momentum<f64>(p, thread, threads);
}
