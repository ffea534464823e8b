/** 1 / (1 + e^−a), accurate to subnormals in the left tail. */
import { sigmoid_wide } from "../lib/sigmoid";
import { exp_strip, SIGMOID } from "../lib/exp_strip";

export function sigmoid_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  exp_strip(SIGMOID, dst, a, n);
}

export function sigmoid_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, sigmoid_wide(v128.load(a + i)));
}
