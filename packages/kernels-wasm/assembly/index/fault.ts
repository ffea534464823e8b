/** What a kernel does about an index that points nowhere: the element is left out, and the job stops after the present step, before parameters change. */
import { STOP } from "../lib/control";

/** The reason that src/control.ts calls STOP_BAD_INDEX. */
const BAD_INDEX: i32 = 2;

// @ts-ignore: decorator
@inline
export function report_bad_index(): void {
  atomic.store<i32>(STOP, BAD_INDEX);
}

/** Whether 0 ≤ index < extent, in one comparison. */
// @ts-ignore: decorator
@inline
export function in_range(index: i32, extent: i32): bool {
  return <u32>index < <u32>extent;
}
