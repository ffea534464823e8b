/** b where a is not 0, else c: chosen by bits, so that a NaN in the other does not leak. */
function strip<T>(dst: usize, a: usize, b: usize, c: usize, n: i32): void {
  const zero = v128.splat<T>(<T>0);
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, v128.bitselect(v128.load(b + i), v128.load(c + i), v128.ne<T>(v128.load(a + i), zero)));
  }
}

export function where_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, b, c, n);
}

export function where_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, b, c, n);
}
