/**
 * Spin-then-wait generation barrier. An abort is a flag followed by a step of the generation, so that waiting threads
 * need to poll one word only and can never sleep through it.
 */
import { ABORT, BARRIER_ARRIVED, BARRIER_GENERATION, BARRIER_SLEEPERS, SPIN, STOP, STOP_LATCHED } from "./control";

/** Waits until all `threads` of the job have arrived; false = the job was aborted and the caller must return. */
export function barrier(threads: i32): bool {
  if (threads == 1) return true;
  // The generation is read before the flag: an abort that this check misses has yet to advance the generation.
  const generation = atomic.load<i32>(BARRIER_GENERATION);
  if (atomic.load<i32>(ABORT) != 0) return false;
  if (atomic.add<i32>(BARRIER_ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(STOP_LATCHED, atomic.load<i32>(STOP));
    atomic.store<i32>(BARRIER_ARRIVED, 0);
    atomic.add<i32>(BARRIER_GENERATION, 1);
    // A notify leaves compiled code; a thread that counts itself after this look finds the generation changed.
    if (atomic.load<i32>(BARRIER_SLEEPERS) != 0) atomic.notify(BARRIER_GENERATION, -1);
  } else {
    let spins = load<i32>(SPIN);
    while (atomic.load<i32>(BARRIER_GENERATION) == generation) {
      if (--spins < 0) {
        atomic.add<i32>(BARRIER_SLEEPERS, 1);
        atomic.wait<i32>(BARRIER_GENERATION, generation, -1);
        atomic.sub<i32>(BARRIER_SLEEPERS, 1);
      }
    }
  }
  return atomic.load<i32>(ABORT) == 0;
}
