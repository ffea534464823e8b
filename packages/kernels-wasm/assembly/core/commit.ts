/** Ends an assignment in a training step: the state takes its new value unless the step was stopped. Words: state, value, step scalars, elements, bytes of one. */
import { share_begin, share_end } from "../lib/rows";
import { stopped } from "../lib/step";

export function commit(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const bytes = load<i32>(p, 12) * load<i32>(p, 16);
  const begin = share_begin(bytes, 4096, thread, threads);
  memory.copy(load<usize>(p) + <usize>begin, load<usize>(p, 4) + <usize>begin, <usize>(share_end(bytes, 4096, thread, threads) - begin));
}
