/** 1 where a ≤ b, else 0; NaN compares false. */
function strip<T>(dst: usize, a: usize, b: usize, n: i32): void {
  const one = v128.splat<T>(<T>1);
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, v128.and(v128.le<T>(v128.load(a + i), v128.load(b + i)), one));
  }
}

export function le_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, b, n);
}

export function le_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, b, n);
}
