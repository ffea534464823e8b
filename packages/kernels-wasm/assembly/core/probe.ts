/**
 * What the machine can do, measured where it is needed: a loop of independent f32 multiply-adds that never leaves registers,
 * and a loop that only reads. Words: 160 bytes of numbers, repetitions | result
 * (16 bytes), region, bytes, repetitions.
 */
import { madd } from "../lib/simd";

/**
 * Sums are the third operand, as in a GEMM: V8 would copy a register per operation if they were a factor. Operations of one repetition of probe_fma: 10 chains (latency 4 × 2 ports needs 8) of 4 lanes, 16 rounds, 2 operations.
 */
export function probe_fma(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0) return;
  const result = load<usize>(p);
  const x = v128.load(result);
  const y = v128.load(result, 16);
  let a = v128.load(result, 0);
  let b = v128.load(result, 16);
  let c = v128.load(result, 32);
  let d = v128.load(result, 48);
  let e = v128.load(result, 64);
  let f = v128.load(result, 80);
  let g = v128.load(result, 96);
  let h = v128.load(result, 112);
  let i = v128.load(result, 128);
  let j = v128.load(result, 144);
  for (let n = load<i32>(p, 4) * 16; n > 0; n--) {
    a = madd<f32>(x, y, a);
    b = madd<f32>(x, y, b);
    c = madd<f32>(x, y, c);
    d = madd<f32>(x, y, d);
    e = madd<f32>(x, y, e);
    f = madd<f32>(x, y, f);
    g = madd<f32>(x, y, g);
    h = madd<f32>(x, y, h);
    i = madd<f32>(x, y, i);
    j = madd<f32>(x, y, j);
  }
  const low = v128.add<f32>(v128.add<f32>(a, b), v128.add<f32>(c, d));
  const high = v128.add<f32>(v128.add<f32>(e, f), v128.add<f32>(g, h));
  v128.store(result, v128.add<f32>(v128.add<f32>(low, high), v128.add<f32>(i, j)));
}

export function probe_read(p: usize, thread: i32, _threads: i32): void {
  if (thread != 0) return;
  const result = load<usize>(p);
  const from = load<usize>(p, 4);
  const end = from + load<usize>(p, 8);
  let total = v128.splat<i32>(0);
  for (let n = load<i32>(p, 12); n > 0; n--) {
    for (let at = from; at < end; at += 64) {
      const low = v128.xor(v128.load(at), v128.load(at, 16));
      const high = v128.xor(v128.load(at, 32), v128.load(at, 48));
      total = v128.xor(total, v128.xor(low, high));
    }
  }
  v128.store(result, total);
}
