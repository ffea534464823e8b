/**
 * The interpreter of plans. A plan is words: per launch [slot, flags, words, ...parameters], where `words` counts the
 * launch's words with this header. Every thread of a job makes the same call (SPMD).
 */
import { barrier } from "../lib/barrier";
import { ABORT, STEPS_DONE, STOP, STOP_LATCHED } from "../lib/control";

/** Flag: all threads meet before this launch. */
const BARRIER: u32 = 1;
/** Flag: thread 0 does the whole launch and the others pass by. */
const SINGLE: u32 = 2;
const HEADER: usize = 12;

/** Plays `count` launches; returns how many, or -1 when the job was aborted. */
export function run(plan: usize, count: i32, thread: i32, threads: i32): i32 {
  let p = plan;
  for (let i = 0; i < count; i++) {
    const slot = load<u32>(p);
    const flags = load<u32>(p, 4);
    if (flags & BARRIER) {
      if (!barrier(threads)) return -1;
    }
    if (flags & SINGLE) {
      if (thread == 0) call_indirect<void>(slot, p + HEADER, 0, 1);
    } else {
      call_indirect<void>(slot, p + HEADER, thread, threads);
    }
    if (atomic.load<i32>(ABORT) != 0) return -1;
    p += <usize>load<u32>(p, 8) << 2;
  }
  return count;
}

/** Plays the plan `steps` times, or until a kernel sets STOP or the job is aborted; returns the number of finished steps. */
export function run_steps(plan: usize, count: i32, steps: i32, thread: i32, threads: i32): i32 {
  for (let done = 0; done < steps; ) {
    if (run(plan, count, thread, threads) < 0) return done;
    if (!barrier(threads)) return done;
    done++;
    if (thread == 0) atomic.store<i32>(STEPS_DONE, done);
    // Threads must agree whether to stop, and one that ran ahead may set STOP again while another still looks: hence the latch.
    if (threads == 1 ? atomic.load<i32>(STOP) : atomic.load<i32>(STOP_LATCHED)) return done;
  }
  return steps;
}
