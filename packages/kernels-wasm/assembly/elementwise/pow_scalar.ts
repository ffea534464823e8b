/** a^p for one exponent. imm: [p]. 2, 3, 1/2, −1 and −1/2 take products, roots and quotients, the rest pow, which reads p in f64. */
import { pow_wide } from "../lib/pow";
import { high, k2, low, narrow } from "../lib/wide";

// @ts-ignore: decorator
@inline
function general<T>(x: v128, p: f64): v128 {
  if (sizeof<T>() == 8) return pow_wide<f64>(x, k2(p));
  return narrow(pow_wide<f32>(low(x), k2(p)), pow_wide<f32>(high(x), k2(p)));
}

/** √x, but +0 at −0 and +Inf at −Inf, as pow has it. */
// @ts-ignore: decorator
@inline
function root<T>(x: v128): v128 {
  const positive = v128.add<T>(x, v128.splat<T>(<T>0));
  const lowest = v128.eq<T>(x, v128.splat<T>(<T>-Infinity));
  return v128.sqrt<T>(v128.bitselect(v128.splat<T>(<T>Infinity), positive, lowest));
}

function strip<T>(dst: usize, a: usize, n: i32, imm: usize): void {
  const p = load<f64>(imm);
  const one = v128.splat<T>(<T>1);
  const end = <usize>n * sizeof<T>();
  if (p == 2.0) {
    for (let i: usize = 0; i < end; i += 16) {
      const x = v128.load(a + i);
      v128.store(dst + i, v128.mul<T>(x, x));
    }
  } else if (p == 3.0) {
    for (let i: usize = 0; i < end; i += 16) {
      const x = v128.load(a + i);
      v128.store(dst + i, v128.mul<T>(v128.mul<T>(x, x), x));
    }
  } else if (p == 0.5) {
    for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, root<T>(v128.load(a + i)));
  } else if (p == -1.0) {
    for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, v128.div<T>(one, v128.load(a + i)));
  } else if (p == -0.5) {
    for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, v128.div<T>(one, root<T>(v128.load(a + i))));
  } else {
    for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, general<T>(v128.load(a + i), p));
  }
}

export function pow_scalar_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, n, imm);
}

export function pow_scalar_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, n, imm);
}
