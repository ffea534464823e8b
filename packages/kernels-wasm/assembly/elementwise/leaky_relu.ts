/** a where positive, else slope · a. imm: [slope]. */
function strip<T>(dst: usize, a: usize, n: i32, imm: usize): void {
  const slope = v128.splat<T>(<T>load<f64>(imm));
  const zero = v128.splat<T>(<T>0);
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    v128.store(dst + i, v128.bitselect(x, v128.mul<T>(x, slope), v128.gt<T>(x, zero)));
  }
}

export function leaky_relu_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, imm);
}

export function leaky_relu_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, imm);
}
