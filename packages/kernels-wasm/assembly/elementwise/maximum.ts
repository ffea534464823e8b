/** The larger of a and b; NaN where either is (as PyTorch); +0 above −0. */
function strip<T>(dst: usize, a: usize, b: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, v128.max<T>(v128.load(a + i), v128.load(b + i)));
  }
}

export function maximum_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, b, n);
}

export function maximum_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, b, n);
}
