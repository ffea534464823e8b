/** Copies this turn's slice out of a stacked array. Words: slice, stack, index of the turn, bytes of a slice. */
export function slice_in(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0) return;
  const bytes = load<usize>(p, 12);
  memory.copy(load<usize>(p), load<usize>(p, 4) + load<usize>(load<usize>(p, 8)) * bytes, bytes);
}
