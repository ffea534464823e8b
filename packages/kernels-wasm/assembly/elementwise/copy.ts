/** a as it is: a chain that only moves or reinterprets. */
function strip<T>(dst: usize, a: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, v128.load(a + i));
  }
}

export function copy_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n);
}

export function copy_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n);
}
