/**
 * Between gradients and update: puts the loss of the step into a ring, sets the step's learning rate from a table and the
 * gradients' factor to 1, and asks the job to stop when the loss is not finite, before any parameter changes. Ring and table
 * are indexed by step modulo their length. Words: step scalars, ring of f64, loss, table of f64 rates, type of the loss
 * (0: f32, 1: f64), entries.
 */
import { STOP } from "../lib/control";
import { GRADIENT_SCALE, LAST_LOSS, LEARNING_RATE, STEP } from "../lib/step";

/** The reason that src/control.ts calls STOP_DIVERGED. */
const DIVERGED: i32 = 1;

export function record_loss(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0) return;
  const scalars = load<usize>(p);
  const at = load<usize>(p, 8);
  const loss = load<i32>(p, 16) == 0 ? <f64>load<f32>(at) : load<f64>(at);
  const entry = <usize>(<i64>load<f64>(scalars, STEP) % <i64>load<i32>(p, 20)) << 3;
  store<f64>(load<usize>(p, 4) + entry, loss);
  store<f64>(scalars, loss, LAST_LOSS);
  store<f64>(scalars, load<f64>(load<usize>(p, 12) + entry), LEARNING_RATE);
  // Another program over the same parameters may have clipped.
  store<f64>(scalars, 1, GRADIENT_SCALE);
  // loss − loss is zero for finite numbers only.
  if (loss - loss != 0) atomic.store<i32>(STOP, DIVERGED);
}
