/** Copies a value into this turn's slice of a stacked array. Words: stack, value, index of the turn, bytes of a slice. */
export function slice_out(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0) return;
  const bytes = load<usize>(p, 12);
  memory.copy(load<usize>(p) + load<usize>(load<usize>(p, 8)) * bytes, load<usize>(p, 4), bytes);
}
