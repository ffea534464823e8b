/**
 * C = A · W for weights in the panels of integer products, widened on their way into cache: what flows back through a layer that multiplies integers forward.
 * Words: C, A, W, ew_slot, ew_params, m, n, k, lda, format, bytes of a panel. W is (k, n), a panel for eight of its rows. Threads share the columns, so that each weight is widened once.
 * A panel's group is eight rows by four columns, which is half a panel of B (f64: a whole one): it takes no transposition.
 */
import { A_OFFSET, B_BYTES, KC, MR } from "../dense/table";
import { strip_rows } from "../dense/tile";
import { scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { outliers_in, tail_of, widen_group, widen_outliers } from "../lib/quant/panels";
import { share_begin, share_end } from "../lib/rows";

export function gemm_panels_f32(p: usize, thread: i32, threads: i32): void {
  gemm_panels<f32>(p, thread, threads);
}

export function gemm_panels_f64(p: usize, thread: i32, threads: i32): void {
  gemm_panels<f64>(p, thread, threads);
}

function gemm_panels<T>(p: usize, thread: i32, threads: i32): void {
  const m = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  const j0 = share_begin(n, 8, thread, threads);
  const width = share_end(n, 8, thread, threads) - j0;
  if (m <= 0 || width <= 0) return;
  const c = load<usize>(p) + <usize>j0 * sizeof<T>();
  const ldc = <usize>n * sizeof<T>();
  if (k == 0) {
    for (let i: usize = 0; i < <usize>m; i++) memory.fill(c + i * ldc, 0, <usize>width * sizeof<T>());
  }
  const a = load<usize>(p, 4);
  const lda = load<usize>(p, 32) * sizeof<T>();
  const packed = scratch(thread);
  const room = packed + A_OFFSET;
  const most = B_BYTES / (KC * <i32>sizeof<T>());
  const strips = (m + MR - 1) / MR;
  for (let jc = 0; jc < width; jc += most) {
    const nc = min(most, width - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      // Rows that W has not are widened with the last panel.
      const panel = <usize>((kc + 7) & ~7) << 5;
      pack_panels<T>(packed, panel, p, pc, kc, (j0 + jc) >> 2, (nc + 3) >> 2);
      for (let s = 0; s < strips; s++) {
        const i = share_begin(m, 1, s, strips);
        strip_rows<T>(
          share_end(m, 1, s, strips) - i, a + <usize>i * lda + <usize>pc * sizeof<T>(), lda, packed, 32, panel,
          c + <usize>i * ldc + <usize>jc * sizeof<T>(), ldc, nc, kc, pc == 0, room,
        );
      }
    }
  }
  const slot = load<u32>(p, 12);
  if (slot != 0) epilogue(slot, load<usize>(p, 16), j0, m, width, n, thread);
}

/** Rows from pc on, kc of them, in `groups` groups of four columns, as strips read them: B's panels are `panel` bytes apart. */
function pack_panels<T>(packed: usize, panel: usize, p: usize, pc: i32, kc: i32, first: i32, groups: i32): void {
  const format = load<i32>(p, 36);
  const stored = load<usize>(p, 40);
  const tail = tail_of(format, load<i32>(p, 24));
  const outliers = outliers_in(format, stored, load<i32>(p, 24));
  for (let q = 0; q < kc; q += 8) {
    const from = load<usize>(p, 8) + <usize>((pc + q) >> 3) * stored;
    const to = packed + (<usize>q << 5);
    for (let g = 0; g < groups; g++) {
      const at = sizeof<T>() == 4 ? <usize>(g >> 1) * panel + (<usize>(g & 1) << 4) : <usize>g * panel;
      widen_group<T>(format, to + at, 32, from, first + g);
      widen_outliers<T>(to + at, 32, from + tail, outliers, first + g);
    }
  }
}
