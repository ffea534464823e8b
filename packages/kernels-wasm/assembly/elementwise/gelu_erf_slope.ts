/** Φ(a) + a φ(a): the slope of a Φ(a), from one exponential and one quotient where distribution and density apart take two of each. */
import { erfc_wide } from "../lib/erf";
import { exp_wide } from "../lib/exp";
import { gelu_slope_single } from "../lib/gelu_single";
import { k2 } from "../lib/wide";

export function gelu_erf_slope_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  gelu_slope_single(dst, a, n);
}

export function gelu_erf_slope_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const share = v128.mul<f64>(erfc_wide(v128.mul<f64>(x, k2(-0.7071067811865476))), k2(0.5));
    const density = v128.mul<f64>(exp_wide<f64>(v128.mul<f64>(v128.mul<f64>(x, x), k2(-0.5))), k2(0.3989422804014327));
    v128.store(dst + i, v128.add<f64>(share, v128.mul<f64>(x, density)));
  }
}
