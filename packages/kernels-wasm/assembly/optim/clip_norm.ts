/**
 * Global norm of a flat gradient segment, and the factor that brings it down to a limit (Pascanu, Mikolov and Bengio 2013;
 * PyTorch's clip_grad_norm_, which adds 1e-6 to the norm). Words: step scalars, gradients, n (whole vectors), f64 limit.
 * Squares are summed in f64 over fixed chunks, so that the norm's bits do not depend on the number of threads.
 */
import { barrier } from "../lib/barrier";
import { shared_scratch } from "../lib/control";
import { sum_in_order, sum_of_squares } from "../lib/squares";
import { GRADIENT_NORM, GRADIENT_SCALE } from "../lib/step";

/** Elements of one partial sum, so chosen that 2 MiB of shared scratch hold the partials of 2^31 elements. */
const CHUNK: i32 = 16384;

function clip_norm<T>(p: usize, thread: i32, threads: i32): void {
  const scalars = load<usize>(p);
  const gradients = load<usize>(p, 4);
  const n = load<i32>(p, 8);
  const limit = load<f64>(p, 12);
  const partials = shared_scratch();
  const chunks = (n + CHUNK - 1) / CHUNK;
  for (let c = thread; c < chunks; c += threads) {
    const from = c * CHUNK;
    store<f64>(partials + (<usize>c << 3), sum_of_squares<T>(gradients + <usize>from * sizeof<T>(), min(CHUNK, n - from)));
  }
  if (!barrier(threads)) return;
  if (thread != 0) return;
  const norm = Math.sqrt(sum_in_order(partials, chunks));
  store<f64>(scalars, norm, GRADIENT_NORM);
  store<f64>(scalars, Math.min(1, limit / (norm + 1e-6)), GRADIENT_SCALE);
}

export function clip_norm_f32(p: usize, thread: i32, threads: i32): void {
  clip_norm<f32>(p, thread, threads);
}

export function clip_norm_f64(p: usize, thread: i32, threads: i32): void {
  clip_norm<f64>(p, thread, threads);
}
