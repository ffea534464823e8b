/** A live count as a number that launches can read. Words: y, count. */
function write<T>(p: usize, thread: i32): void {
  if (thread == 0) store<T>(load<usize>(p), <T>load<i32>(p, 4));
}

export function live_count_f32(p: usize, thread: i32, threads: i32): void {
  write<f32>(p, thread);
}

export function live_count_f64(p: usize, thread: i32, threads: i32): void {
  write<f64>(p, thread);
}
