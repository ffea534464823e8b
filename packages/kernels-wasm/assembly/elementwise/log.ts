/** Natural logarithm: −Inf at ±0, NaN below. */
import { log_strip32, log_strip64 } from "../lib/log_strip";

export function log_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  log_strip32(dst, a, n);
}

export function log_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  log_strip64(dst, a, n);
}
