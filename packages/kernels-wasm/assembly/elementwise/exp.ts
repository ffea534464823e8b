/** e^a. */
import { EXP, exp_strip, exp_strip64 } from "../lib/exp_strip";

export function exp_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip(EXP, dst, a, n);
}

export function exp_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip64(dst, a, n);
}
