/** 1 − erf(a), accurate to subnormals in the right tail. */
import { erfc_wide } from "../lib/erf";
import { erfc_strip } from "../lib/erf_strip";

export function erfc_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  erfc_strip(dst, a, n);
}

export function erfc_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, erfc_wide(v128.load(a + i)));
}
