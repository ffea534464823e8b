/**
 * GEMM over weights that stand still, brought into panels once (src/backends/wasm/packed-weights.ts in the engine): 16 rows by them take four fifths of the time, for
 * they come from memory in the order in which they are used. Few rows read them as they are stored, so that all bits are gemm's.
 *
 * Words: gemm's for one batch, then the panels. B is stored (n, k).
 */
import { gemm } from "../dense/gemm";

export function gemm_packed_f32(p: usize, thread: i32, threads: i32): void {
  gemm<f32>(p, thread, threads, load<usize>(p, 64));
}
