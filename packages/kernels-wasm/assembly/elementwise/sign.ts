/** 1, −1, or a itself where it is ±0 or NaN. */
function strip<T>(dst: usize, a: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const keep = v128.or(v128.eq<T>(x, v128.splat<T>(<T>0)), v128.ne<T>(x, x));
    const unit = v128.or(v128.and(x, v128.splat<T>(<T>-0.0)), v128.splat<T>(<T>1));
    v128.store(dst + i, v128.bitselect(x, unit, keep));
  }
}

export function sign_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n);
}

export function sign_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n);
}
