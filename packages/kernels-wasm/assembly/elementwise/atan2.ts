/** Angle of the point (b, a) in radians, in [−π, π], with the special cases of C99 (annex F). */
import { atan2 } from "../lib/inverse_trig";

function strip<T>(dst: usize, a: usize, b: usize, n: i32): void {
  const end = <usize>n * sizeof<T>();
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, atan2<T>(v128.load(a + i), v128.load(b + i)));
  }
}

export function atan2_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f32>(dst, a, b, n);
}

export function atan2_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  strip<f64>(dst, a, b, n);
}
