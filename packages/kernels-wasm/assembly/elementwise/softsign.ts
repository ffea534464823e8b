/** softsign: x / (1 + |x|); ±Inf gives NaN, as PyTorch's does. */

function softsign<T>(dst: usize, a: usize, n: i32): void {
  const one = v128.splat<T>(1);
  const end = dst + (<usize>n * sizeof<T>());
  while (dst < end) {
    const x = v128.load(a);
    v128.store(dst, v128.div<T>(x, v128.add<T>(one, v128.abs<T>(x))));
    dst += 16;
    a += 16;
  }
}

export function softsign_f32(dst: usize, a: usize, _b: usize, _c: usize, n: i32, _index: u32, _imm: usize): void {
  softsign<f32>(dst, a, n);
}

export function softsign_f64(dst: usize, a: usize, _b: usize, _c: usize, n: i32, _index: u32, _imm: usize): void {
  softsign<f64>(dst, a, n);
}
