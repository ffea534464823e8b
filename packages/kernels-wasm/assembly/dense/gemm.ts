/**
 * C = op(A)·op(B), or C += op(A)·op(B), batched, row-major, for every layout and size; then an optional epilogue on C
 * while it is in cache. Each thread owns a block of C and works alone, without barriers, in its own scratch.
 *
 * Words: C, A, B, ew_slot, ew_params, m, n, k, lda, ldb, ldc, trans_a, trans_b, accumulate, variant (table.ts; 0: the shape decides), batch_rank
 * (0..4), then per batch dimension, outermost first: size, stride_a, stride_b, stride_c. Strides in elements; a batch stride of A or B may be 0.
 * trans_a: A is stored (k, m); trans_b: B is stored (n, k). An epilogue needs ldc = n and batches of C without gaps.
 */
import { scratch } from "../lib/control";
import { epilogue } from "../lib/epilogue";
import { share_begin, share_end, share_whole, strip_begin } from "../lib/rows";
import { lanes } from "../lib/simd";
import { touch } from "../lib/touch";
import { pack_a_transposed, pack_b, pack_b_transposed } from "./pack";
import {
  A_IN_PLACE_BYTES, A_OFFSET, A_PACK_PANELS, B_BYTES, B_PACK_ROWS, EPILOGUE_BLOCK, EPILOGUE_ELEMENTS, FEW_COLUMNS, FEW_ROWS, FEW_ROWS_BYTES,
  FEW_ROWS_LONG, FEW_ROWS_TRANSPOSED, fixed_columns, kc_of, MR, packs_b, STREAM_BYTES, STREAM_ROWS,
} from "./table";
import { strip_adjacent, strip_rows } from "./tile";
import { rows_times_matrix, rows_times_transposed } from "./vector";

export function gemm_f32(p: usize, thread: i32, threads: i32): void {
  gemm<f32>(p, thread, threads, 0);
}

export function gemm_f64(p: usize, thread: i32, threads: i32): void {
  gemm<f64>(p, thread, threads, 0);
}

const BATCH: usize = 64;

/** `packed`: all of a B stored transposed, packed; or 0. With it there is one batch, and no variant. */
export function gemm<T>(p: usize, thread: i32, threads: i32, packed: usize): void {
  const c0 = load<usize>(p);
  let a0 = load<usize>(p, 4);
  let b0 = load<usize>(p, 8);
  const ew_slot = load<u32>(p, 12);
  const ew_params = load<usize>(p, 16);
  let m = load<i32>(p, 20);
  let n = load<i32>(p, 24);
  const k = load<i32>(p, 28);
  let lda = load<i32>(p, 32);
  let ldb = load<i32>(p, 36);
  let ldc = load<i32>(p, 40);
  let trans_a = load<i32>(p, 44) != 0;
  let trans_b = load<i32>(p, 48) != 0;
  const fresh = load<i32>(p, 52) == 0;
  const variant = load<i32>(p, 56);
  let rank = load<i32>(p, 60);

  // Batches that share B and follow one another in A and C are more rows of one product.
  while (rank > 0) {
    const d = p + BATCH + (<usize>(rank - 1) << 4);
    const size = load<i32>(d);
    if (size != 1 && (trans_a || load<i32>(d, 8) != 0 || load<i32>(d, 4) != m * lda || load<i32>(d, 12) != m * ldc)) break;
    m *= size;
    rank--;
  }
  let items = 1;
  for (let i = 0; i < rank; i++) items *= load<i32>(p + BATCH + (<usize>i << 4));
  if (m <= 0 || n <= 0 || items <= 0) return;

  // One column is one row of the transposed product; its swap leaves C where it is.
  const swapped = n == 1 && ldc == 1 && m > 1;
  if (swapped) {
    const a = a0;
    a0 = b0;
    b0 = a;
    const transposed = trans_a;
    trans_a = !trans_b;
    trans_b = !transposed;
    const ld = lda;
    lda = ldb;
    ldb = ld;
    n = m;
    m = 1;
    ldc = n;
  }
  // A matrix of one row or one column without gaps is its own transpose: outer and inner products take their fast ways.
  if (ldb == 1 && ((k == 1 && trans_b) || (n == 1 && !trans_b))) {
    trans_b = !trans_b;
    ldb = trans_b ? k : n;
  }
  if (lda == 1 && ((m == 1 && trans_a) || (k == 1 && !trans_a))) {
    trans_a = !trans_a;
    lda = trans_a ? m : k;
  }

  // Whole batch items where they share out evenly enough, else a grid over each item.
  let item = 0;
  let grid_thread = thread;
  let grid = threads;
  if (share_whole(items, threads)) {
    item = share_begin(items, 1, thread, threads);
    items = share_end(items, 1, thread, threads);
    grid_thread = 0;
    grid = 1;
  }
  const fixed = fixed_columns(variant, grid);
  const columns = grid == 1 ? 1 : fixed != 0 ? fixed : grid_columns<T>(m, n, trans_b, grid);
  const rows = grid / columns;
  const r0 = share_begin(m, 1, grid_thread / columns, rows);
  const r1 = share_end(m, 1, grid_thread / columns, rows);
  const j0 = share_begin(n, 4 * lanes<T>(), grid_thread % columns, columns);
  const j1 = share_end(n, 4 * lanes<T>(), grid_thread % columns, columns);
  if (r0 >= r1 || j0 >= j1) return;

  const rsa = <usize>(trans_a ? 1 : lda) * sizeof<T>();
  const ksa = <usize>(trans_a ? lda : 1) * sizeof<T>();
  const ldb_bytes = <usize>ldb * sizeof<T>();
  const jsb = trans_b ? ldb_bytes : sizeof<T>();
  for (; item < items; item++) {
    let at_a = 0;
    let at_b = 0;
    let at_c = 0;
    let index = item;
    for (let i = rank - 1; i >= 0; i--) {
      const d = p + BATCH + (<usize>i << 4);
      const size = load<i32>(d);
      const step = index % size;
      index /= size;
      at_a += step * load<i32>(d, 4);
      at_b += step * load<i32>(d, 8);
      at_c += step * load<i32>(d, 12);
    }
    if (swapped) {
      const at = at_a;
      at_a = at_b;
      at_b = at;
    }
    const first = at_c + r0 * ldc + j0;
    const a = a0 + <usize>at_a * sizeof<T>() + <usize>r0 * rsa;
    const b = b0 + <usize>at_b * sizeof<T>() + <usize>j0 * jsb;
    const c = c0 + <usize>first * sizeof<T>();
    block<T>(c, first, a, b, packed, j0, n, r1 - r0, j1 - j0, m, k, rsa, ksa, ldb_bytes, trans_b, ldc, fresh, ew_slot, ew_params, thread, variant);
  }
}

/** Into how many columns of threads to cut C: the fewest multiply-adds for the busiest thread, packing of B (8 rows' worth) included. */
function grid_columns<T>(m: i32, n: i32, trans_b: bool, threads: i32): i32 {
  let best = 1;
  let least = Infinity;
  for (let columns = 1; columns <= threads; columns++) {
    if (threads % columns != 0) continue;
    const rows = threads / columns;
    const share_m = <f64>((m + rows - 1) / rows);
    const units = (n + 4 * lanes<T>() - 1) / (4 * lanes<T>());
    const share_n = <f64>((units + columns - 1) / columns);
    const packed = m > 1 && (trans_b || share_m >= <f64>B_PACK_ROWS);
    const cost = share_n * (packed ? share_m + 8 : share_m);
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return best;
}

/** One thread's block (m × n) of one product; `whole_m` decides the method, so that a share is computed as the whole would be. */
function block<T>(
  c: usize, first: i32, a: usize, b: usize, packed: usize, j0: i32, whole_n: i32, m: i32, n: i32, whole_m: i32, k: i32, rsa: usize,
  ksa: usize, ldb: usize, trans_b: bool, ldc: i32, fresh: bool, ew_slot: u32, ew_params: usize, thread: i32, variant: i32,
): void {
  if (k <= 0) {
    if (fresh) {
      for (let i = 0; i < m; i++) memory.fill(c + <usize>(i * ldc) * sizeof<T>(), 0, <usize>n * sizeof<T>());
    }
    if (ew_slot != 0) epilogue(ew_slot, ew_params, first, m, n, ldc, thread);
  } else if (is_few<T>(whole_m, k, ksa, ldb, trans_b)) {
    few_rows<T>(c, first, a, b, m, n, k, rsa, ksa, ldb, trans_b, ldc, fresh, ew_slot, ew_params, thread);
  } else {
    panels<T>(c, first, a, b, packed, j0, whole_n, m, n, k, rsa, ksa, ldb, trans_b, ldc, fresh, ew_slot, ew_params, thread, variant);
  }
}

/** Whether rows of B should be streamed instead of cut into panels. One row of A that has gaps is gathered, if it fits. */
// @ts-ignore: decorator
@inline
function is_few<T>(whole_m: i32, k: i32, ksa: usize, ldb: usize, trans_b: bool): bool {
  if (whole_m == 1) return !trans_b || ksa == sizeof<T>() || k <= B_BYTES / <i32>sizeof<T>();
  if (trans_b) return whole_m <= (k < FEW_ROWS_LONG ? FEW_ROWS : FEW_ROWS_TRANSPOSED) && ksa == sizeof<T>();
  return whole_m <= FEW_ROWS && ldb > <usize>(FEW_ROWS_BYTES / k);
}

function few_rows<T>(
  c: usize, first: i32, a: usize, b: usize, m: i32, n: i32, k: i32, rsa: usize, ksa: usize, ldb: usize, trans_b: bool, ldc: i32,
  fresh: bool, ew_slot: u32, ew_params: usize, thread: i32,
): void {
  if (trans_b && ksa != sizeof<T>()) {
    const gathered = scratch(thread);
    for (let i: usize = 0; i < <usize>k; i++) store<T>(gathered + i * sizeof<T>(), load<T>(a + i * ksa));
    a = gathered;
  }
  const jsb = trans_b ? ldb : sizeof<T>();
  const ldc_bytes = <usize>ldc * sizeof<T>();
  for (let j = 0; j < n; j += FEW_COLUMNS) {
    const width = min(n - j, FEW_COLUMNS);
    const cj = c + <usize>j * sizeof<T>();
    const bj = b + <usize>j * jsb;
    if (trans_b) rows_times_transposed<T>(cj, ldc_bytes, a, rsa, bj, ldb, m, width, k, fresh);
    else rows_times_matrix<T>(cj, ldc_bytes, a, rsa, ksa, bj, ldb, m, width, k, fresh);
    if (ew_slot != 0) epilogue(ew_slot, ew_params, first + j, m, width, ldc, thread);
  }
}

function panels<T>(
  c: usize, first: i32, a: usize, b: usize, packed: usize, j0: i32, whole_n: i32, m: i32, n: i32, k: i32, rsa: usize, ksa: usize,
  ldb: usize, trans_b: bool, ldc: i32, fresh: bool, ew_slot: u32, ew_params: usize, thread: i32, variant: i32,
): void {
  const width = 2 * lanes<T>();
  const kc_limit = even_share(k, kc_of<T>(variant, k), 1);
  const kc_bytes = kc_limit * <i32>sizeof<T>();
  const pack = packs_b(variant, trans_b, m, ldb, kc_limit);
  // Few rows are bound by reading B: it comes as one stream into L2, in the order in which it lies, before it is cut up.
  const streams = packed == 0 && trans_b && m <= STREAM_ROWS;
  let most = B_BYTES / kc_bytes;
  if (streams) most = min(most, max(width, STREAM_BYTES / (k * <i32>sizeof<T>())));
  const nc_limit = pack ? even_share(n, most, width) : n;
  const single = kc_limit >= k && nc_limit >= n;
  const mc_limit = ew_slot == 0 ? m : max(MR, (single ? EPILOGUE_ELEMENTS : EPILOGUE_BLOCK) / n);
  const a_transposed = rsa == sizeof<T>() && ksa != rsa;
  const packed_b = scratch(thread);
  const packed_a = packed_b + A_OFFSET;
  const ldc_bytes = <usize>ldc * sizeof<T>();
  const jsb = trans_b ? ldb : sizeof<T>();
  const ksb = trans_b ? sizeof<T>() : ldb;
  const bs: usize = pack ? 32 : ldb;
  const padded_n = (whole_n + width - 1) / width * width;

  for (let i0 = 0; i0 < m; i0 += mc_limit) {
    const mc = min(mc_limit, m - i0);
    const strips = (mc + MR - 1) / MR;
    for (let jc = 0; jc < n; jc += nc_limit) {
      const nc = min(nc_limit, n - jc);
      const pack_strips = a_transposed && nc >= A_PACK_PANELS * width && ksa > <usize>(A_IN_PLACE_BYTES / kc_limit);
      for (let pc = 0; pc < k; pc += kc_limit) {
        const kc = min(kc_limit, k - pc);
        const block_b = b + <usize>jc * jsb + <usize>pc * ksb;
        if (pack && packed == 0 && (i0 == 0 || !single)) {
          if (streams && pc == 0) touch(block_b, ldb, nc, <usize>k * sizeof<T>());
          if (trans_b) pack_b_transposed<T>(packed_b, block_b, ldb, nc, kc);
          else pack_b<T>(packed_b, block_b, ldb, nc, kc);
        }
        // Runs of k follow one another, in each its panels of all columns.
        const from = packed != 0 ? packed + <usize>(pc * padded_n + (j0 + jc) * kc) * sizeof<T>() : pack ? packed_b : block_b;
        const panel: usize = pack ? <usize>kc << 5 : 32;
        const zero = fresh && pc == 0;
        for (let s = 0; s < strips; s++) {
          const first_row = strip_begin(mc, MR, s);
          const rows = strip_begin(mc, MR, s + 1) - first_row;
          const i = <usize>(i0 + first_row);
          const strip_a = a + i * rsa + <usize>pc * ksa;
          const strip_c = c + i * ldc_bytes + <usize>jc * sizeof<T>();
          if (pack_strips) {
            pack_a_transposed<T>(packed_a, strip_a, ksa, rows, kc);
            strip_adjacent<T>(rows, packed_a, <usize>MR * sizeof<T>(), from, bs, panel, strip_c, ldc_bytes, nc, kc, zero);
          } else if (a_transposed) {
            strip_adjacent<T>(rows, strip_a, ksa, from, bs, panel, strip_c, ldc_bytes, nc, kc, zero);
          } else {
            strip_rows<T>(rows, strip_a, rsa, from, bs, panel, strip_c, ldc_bytes, nc, kc, zero, packed_a);
          }
        }
      }
    }
    if (ew_slot != 0) epilogue(ew_slot, ew_params, first + i0 * ldc, mc, n, ldc, thread);
  }
}

/** `total` cut into the fewest parts of at most `limit`, all but the last equal and a multiple of `unit`. */
// @ts-ignore: decorator
@inline
function even_share(total: i32, limit: i32, unit: i32): i32 {
  const most = limit - (limit % unit);
  const parts = (total + most - 1) / most;
  return ((total + parts - 1) / parts + unit - 1) / unit * unit;
}
