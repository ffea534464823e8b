/** min(max(a, lo), hi), NaN stays NaN. imm: [lo, hi]; ±Inf leaves a side open. */
function strip<T>(dst: usize, a: usize, n: i32, imm: usize): void {
  const lo = v128.splat<T>(<T>load<f64>(imm));
  const hi = v128.splat<T>(<T>load<f64>(imm, 8));
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, v128.pmin<T>(v128.pmax<T>(v128.load(a + i), lo), hi));
  }
}

export function clamp_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, imm);
}

export function clamp_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, imm);
}
