/**
 * C = A · Wᵀ for weights in a storage format, widened a panel at a time on their way into cache: nothing of W is ever in memory twice.
 * A single row meets weights in blocks of 32 without that (lib/quant/row_dot).
 * Words: C, A, W, ew_slot, ew_params, m, n, k, lda, format, bytes of a stored row. Threads share the columns, so that each weight is widened once.
 */
import { pack_b_transposed } from "../dense/pack";
import { B_BYTES, KC, MR } from "../dense/table";
import { strip_rows } from "../dense/tile";
import { rows_times_transposed } from "../dense/vector";
import { scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { has_row_dot, row_dot } from "../lib/quant/row_dot";
import { unpack } from "../lib/quant/unpack";
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";

export function gemm_quantized_f32(p: usize, thread: i32, threads: i32): void {
  gemm_quantized<f32>(p, thread, threads);
}

export function gemm_quantized_f64(p: usize, thread: i32, threads: i32): void {
  gemm_quantized<f64>(p, thread, threads);
}

/** Up to this many rows of A, weights are widened to rows and multiplied there; panels cost a transposition more. */
const FEW: i32 = 8;
/** Elements of a row widened at a time: eight rows of them stay in L1 or nearly. */
const RUN: i32 = 1024;

function gemm_quantized<T>(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  const j0 = share_begin(n, 8, thread, threads);
  const width = share_end(n, 8, thread, threads) - j0;
  if (m <= 0 || width <= 0) return;
  const c = load<usize>(p) + <usize>j0 * sizeof<T>();
  const w = load<usize>(p, 8) + <usize>j0 * load<usize>(p, 40);
  if (k == 0) {
    for (let i: usize = 0; i < <usize>m; i++) memory.fill(c + i * <usize>n * sizeof<T>(), 0, <usize>width * sizeof<T>());
  } else if (sizeof<T>() == 4 && m == 1 && has_row_dot(load<i32>(p, 36), k)) {
    row_dot(load<i32>(p, 36), c, load<usize>(p, 4), w, load<usize>(p, 40), width, k >> 5, scratch(thread));
  } else if (m <= FEW) few<T>(p, c, w, m, width, n, k, thread);
  else panels<T>(p, c, w, m, width, n, k, thread);
  const slot = load<u32>(p, 12);
  if (slot != 0) epilogue(slot, load<usize>(p, 16), j0, m, width, n, thread);
}

function few<T>(p: usize, c: usize, w: usize, m: i32, width: i32, n: i32, k: i32, thread: i32): void {
  const a = load<usize>(p, 4);
  const lda = load<usize>(p, 32) * sizeof<T>();
  const row_bytes = load<usize>(p, 40);
  const rows = scratch(thread);
  const ld = <usize>(RUN + 16) * sizeof<T>();
  for (let j = 0; j < width; j += 8) {
    const count = min(8, width - j);
    for (let pc = 0; pc < k; pc += RUN) {
      const run = min(RUN, k - pc);
      for (let r = 0; r < count; r++) unpack<T>(load<i32>(p, 36), rows + <usize>r * ld, w + <usize>(j + r) * row_bytes, pc, run);
      rows_times_transposed<T>(
        c + <usize>j * sizeof<T>(), <usize>n * sizeof<T>(), a + <usize>pc * sizeof<T>(), lda, rows, ld, m, count, run, pc == 0,
      );
    }
  }
}

function panels<T>(p: usize, c: usize, w: usize, m: i32, width: i32, n: i32, k: i32, thread: i32): void {
  const a = load<usize>(p, 4);
  const lda = load<usize>(p, 32) * sizeof<T>();
  const row_bytes = load<usize>(p, 40);
  const format = load<i32>(p, 36);
  const step = 2 * lanes<T>();
  const packed = scratch(thread);
  const rows = packed + <usize>B_BYTES;
  const ld = <usize>(KC + 16) * sizeof<T>();
  const most = B_BYTES / (KC * <i32>sizeof<T>());
  const ldc = <usize>n * sizeof<T>();
  const strips = (m + MR - 1) / MR;
  for (let jc = 0; jc < width; jc += most) {
    const nc = min(most, width - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      let panel = packed;
      for (let j = 0; j < nc; j += step) {
        const count = min(step, nc - j);
        for (let r = 0; r < count; r++) unpack<T>(format, rows + <usize>r * ld, w + <usize>(jc + j + r) * row_bytes, pc, kc);
        pack_b_transposed<T>(panel, rows, ld, count, kc);
        panel += <usize>kc << 5;
      }
      for (let s = 0; s < strips; s++) {
        const i = share_begin(m, 1, s, strips);
        strip_rows<T>(
          share_end(m, 1, s, strips) - i, a + <usize>i * lda + <usize>pc * sizeof<T>(), lda, packed, 32, <usize>kc << 5,
          c + <usize>i * ldc + <usize>jc * sizeof<T>(), ldc, nc, kc, pc == 0, rows + 8 * ld,
        );
      }
    }
  }
}
