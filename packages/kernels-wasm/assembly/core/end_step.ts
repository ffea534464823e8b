/** Ends a training step that was not stopped: counts it and keys the random streams anew. Words: step scalars, random state. */
import { STEP, stopped } from "../lib/step";

export function end_step(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0 || stopped()) return;
  const scalars = load<usize>(p);
  const random = load<usize>(p, 4);
  const step = load<f64>(scalars, STEP) + 1;
  store<f64>(scalars, step, STEP);
  // Words 2 and 3 of the random state are the step's low and high half.
  store<u64>(random, <u64>step, 8);
}
