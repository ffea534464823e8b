/**
 * core/run's interpreter with a clock: every thread stamps when it arrives at a launch, when it begins after the barrier and when it has ended.
 * A family of its own, so that only a traced run loads it and ordinary runs pay nothing. The clock is a function in the table, because
 * WebAssembly has none; a call of it costs some 30 ns.
 */
import { barrier } from "../lib/barrier";
import { ABORT, STEPS_DONE, STOP, STOP_LATCHED } from "../lib/control";

/** As in core/run.ts. */
const BARRIER: u32 = 1;
const SINGLE: u32 = 2;
const HEADER: usize = 12;
/** Bytes of a launch's stamps: arrived, began, ended; and of a step's end: arrived at the last barrier, left it. */
const LAUNCH_BYTES: usize = 24;
const STEP_BYTES: usize = 16;

/** Plays the plan `steps` times; `stamps` has room for all steps of all threads, one thread after the other. Returns the finished steps. */
export function run_traced(plan: usize, count: i32, steps: i32, thread: i32, threads: i32, clock: u32, stamps: usize): i32 {
  let at = stamps + <usize>thread * <usize>steps * (<usize>count * LAUNCH_BYTES + STEP_BYTES);
  for (let done = 0; done < steps; ) {
    let p = plan;
    for (let i = 0; i < count; i++) {
      const flags = load<u32>(p, 4);
      let now = call_indirect<f64>(clock);
      store<f64>(at, now);
      if (flags & BARRIER) {
        if (!barrier(threads)) return done;
        now = call_indirect<f64>(clock);
      }
      store<f64>(at, now, 8);
      if (flags & SINGLE) {
        if (thread == 0) call_indirect<void>(load<u32>(p), p + HEADER, 0, 1);
      } else {
        call_indirect<void>(load<u32>(p), p + HEADER, thread, threads);
      }
      store<f64>(at, call_indirect<f64>(clock), 16);
      if (atomic.load<i32>(ABORT) != 0) return done;
      at += LAUNCH_BYTES;
      p += <usize>load<u32>(p, 8) << 2;
    }
    store<f64>(at, call_indirect<f64>(clock));
    if (!barrier(threads)) return done;
    store<f64>(at, call_indirect<f64>(clock), 8);
    at += STEP_BYTES;
    done++;
    if (thread == 0) atomic.store<i32>(STEPS_DONE, done);
    if (threads == 1 ? atomic.load<i32>(STOP) : atomic.load<i32>(STOP_LATCHED)) return done;
  }
  return steps;
}
