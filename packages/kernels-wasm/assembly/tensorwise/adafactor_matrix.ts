/**
 * Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) on a batch of matrices: of the squared gradients only the means of rows and columns
 * are kept. Words: params, row means, column means, momentum (0 without), gradients, step scalars, batch, rows, columns, flags, then the
 * constants of adafactor_step.ts.
 *
 * An element's root is the product of a row's and a column's, so no element needs a root or a division; PyTorch's lower bound on roots is
 * an upper bound on their inverses. Rows have one owner, and so has every column's sum, whose order of rows is fixed.
 */
import { barrier } from "../lib/barrier";
import { scratch, shared_scratch } from "../lib/control";
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { first_lanes, squares, sum_in_order, sum_of_squares } from "../lib/squares";
import { GRADIENT_SCALE, stopped } from "../lib/step";
import { high, low } from "../lib/wide";
import { BETA1, clipped, EPS1, fresh_share, shrinkage, step_size, TORCH } from "./adafactor_step";

/** Rows are taken in at most so many groups, each with a partial sum of its own. */
const GROUPS: i32 = 16384;
const SECOND: usize = 1 << 20;
/** Columns whose sums or roots are held in a thread's scratch: 512 KiB of f64. */
const WIDTH: i32 = 65536;
/** Columns are shared out by cache lines of f32. */
const UNIT: i32 = 16;

function adafactor_matrix<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const row_means = load<usize>(p, 4);
  const column_means = load<usize>(p, 8);
  const gradients = load<usize>(p, 16);
  const scalars = load<usize>(p, 20);
  const batch = load<i32>(p, 24);
  const rows = load<i32>(p, 28);
  const columns = load<i32>(p, 32);
  const flags = load<i32>(p, 36);
  const k = p + 40;
  const scale = load<f64>(scalars, GRADIENT_SCALE);
  const torch = (flags & TORCH) != 0;
  const added = torch ? 0 : load<f64>(k, EPS1);
  const fresh = fresh_share(k, scalars);
  const all = batch * rows;
  const stride = <usize>columns * sizeof<T>();
  const group = (all + GROUPS - 1) / GROUPS;
  const groups = (all + group - 1) / group;
  const r0 = share_begin(all, group, thread, threads);
  const r1 = share_end(all, group, thread, threads);
  const param_sums = shared_scratch();
  const update_sums = param_sums + SECOND;
  // The launch before may still be reading the scratch.
  if (!barrier(threads)) return;
  for (let first = r0; first < r1; first += group) {
    let total: f64 = 0;
    for (let i = first; i < min(first + group, r1); i++) {
      const mean = (sum_of_squares<T>(gradients + <usize>i * stride, columns) * scale * scale) / <f64>columns + added;
      const at = row_means + <usize>i * sizeof<T>();
      store<T>(at, <T>((1 - fresh) * <f64>load<T>(at) + fresh * mean));
      total += sum_of_squares<T>(params + <usize>i * stride, columns);
    }
    store<f64>(param_sums + (<usize>(first / group) << 3), total);
    store<f64>(update_sums + (<usize>(first / group) << 3), 0);
  }
  const few = batch < threads;
  const b1 = few ? batch : share_end(batch, 1, thread, threads);
  const j0 = few ? share_begin(columns, UNIT, thread, threads) : 0;
  const j1 = few ? share_end(columns, UNIT, thread, threads) : columns;
  for (let b = few ? 0 : share_begin(batch, 1, thread, threads); b < b1; b++) {
    const means = column_means + <usize>b * stride;
    for (let j = j0; j < j1; j += WIDTH) {
      const width = min(WIDTH, j1 - j);
      const sums = scratch(thread);
      column_squares<T>(sums, gradients + <usize>(b * rows) * stride + <usize>j * sizeof<T>(), stride, rows, width);
      for (let c = 0; c < width; c++) {
        const at = means + <usize>(j + c) * sizeof<T>();
        const mean = (load<f64>(sums + (<usize>c << 3)) * scale * scale) / <f64>rows + added;
        store<T>(at, <T>((1 - fresh) * <f64>load<T>(at) + fresh * mean));
      }
    }
  }
  if (!barrier(threads)) return;
  sweep<T>(p, update_sums, group, r0, r1, 0, 0, 0, thread);
  if (!barrier(threads)) return;
  const n = <f64>all * <f64>columns;
  const rate = step_size(k, flags, scalars, Math.sqrt(sum_in_order(param_sums, groups) / n));
  const step = rate * clipped(k, Math.sqrt(sum_in_order(update_sums, groups) / n));
  sweep<T>(p, 0, group, r0, r1, step, shrinkage(k, flags, scalars, rate), load<f64>(k, BETA1), thread);
}

/** Sums of squares of `width` columns, rows taken four at a time: the sums, too many for registers, are then touched a quarter as often. */
function column_squares<T>(sums: usize, from: usize, stride: usize, rows: i32, width: i32): void {
  memory.fill(sums, 0, (<usize>width + 3) << 3);
  for (let i = 0; i < rows; i += 4) {
    const a = from + <usize>i * stride;
    const b = i + 1 < rows ? a + stride : 0;
    const c = i + 2 < rows ? a + 2 * stride : 0;
    const d = i + 3 < rows ? a + 3 * stride : 0;
    let sum = sums;
    // The sums of what lies past the width are made, but never read.
    for (let j = 0; j < width; j += lanes<T>()) {
      const at = <usize>j * sizeof<T>();
      const x = v128.load(a + at);
      const y = b != 0 ? v128.load(b + at) : v128.splat<T>(0);
      const z = c != 0 ? v128.load(c + at) : v128.splat<T>(0);
      const w = d != 0 ? v128.load(d + at) : v128.splat<T>(0);
      if (sizeof<T>() == 4) {
        v128.store(sum, v128.add<f64>(v128.load(sum), four_squares(low(x), low(y), low(z), low(w))));
        v128.store(sum, v128.add<f64>(v128.load(sum, 16), four_squares(high(x), high(y), high(z), high(w))), 16);
        sum += 32;
      } else {
        v128.store(sum, v128.add<f64>(v128.load(sum), four_squares(x, y, z, w)));
        sum += 16;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function four_squares(x: v128, y: v128, z: v128, w: v128): v128 {
  const xy = v128.add<f64>(v128.mul<f64>(x, x), v128.mul<f64>(y, y));
  return v128.add<f64>(xy, v128.add<f64>(v128.mul<f64>(z, z), v128.mul<f64>(w, w)));
}

/** The update before clipping, at column j of a row. */
// @ts-ignore: decorator
@inline
function direction<T>(gradients: usize, roots: usize, j: i32, scale: v128, root: v128, most: v128): v128 {
  const at = <usize>j * sizeof<T>();
  const inverse = v128.min<T>(v128.mul<T>(root, v128.load(roots + at)), most);
  return v128.mul<T>(v128.mul<T>(v128.load(gradients + at), scale), inverse);
}

/** Rows r0..r1: with `sums`, adds each group's squared updates to its place there; else takes the step. */
function sweep<T>(p: usize, sums: usize, group: i32, r0: i32, r1: i32, step: f64, shrink: f64, beta1: f64, thread: i32): void {
  const params = load<usize>(p);
  const row_means = load<usize>(p, 4);
  const column_means = load<usize>(p, 8);
  const momentum = load<usize>(p, 12);
  const gradients = load<usize>(p, 16);
  const scale = load<f64>(load<usize>(p, 20), GRADIENT_SCALE);
  const rows = load<i32>(p, 28);
  const columns = load<i32>(p, 32);
  const torch = (load<i32>(p, 36) & TORCH) != 0;
  const eps1 = load<f64>(p + 40, EPS1);
  const most = v128.splat<T>(<T>(torch ? 1 / eps1 : Infinity));
  const stride = <usize>columns * sizeof<T>();
  const roots = scratch(thread);
  const one = v128.splat<T>(1);
  const shrinking = v128.splat<T>(<T>shrink);
  const kept = v128.splat<T>(<T>beta1);
  const taken = v128.splat<T>(<T>(1 - beta1));
  const steps = v128.splat<T>(<T>step);
  const scales = v128.splat<T>(<T>scale);
  for (let from = r0; from < r1; ) {
    const b = from / rows;
    const to = min(r1, (b + 1) * rows);
    let total: f64 = 0;
    for (let i = 0; i < rows; i++) total += <f64>load<T>(row_means + <usize>(b * rows + i) * sizeof<T>());
    const mean = torch ? Math.max(total / <f64>rows, eps1) : total / <f64>rows;
    const means = column_means + <usize>b * stride;
    for (let j0 = 0; j0 < columns; j0 += WIDTH) {
      const width = min(WIDTH, columns - j0);
      const offset = <usize>j0 * sizeof<T>();
      for (let j = 0; j < width; j += lanes<T>()) {
        const at = <usize>j * sizeof<T>();
        v128.store(roots + at, v128.div<T>(one, v128.sqrt<T>(load_partial<T>(means + offset + at, width - j))));
      }
      const whole = width - (width & (lanes<T>() - 1));
      for (let i = from; i < to; i++) {
        const root = v128.splat<T>(<T>(1 / Math.sqrt(<f64>load<T>(row_means + <usize>i * sizeof<T>()) / mean)));
        const row = <usize>i * stride + offset;
        const g = gradients + row;
        if (sums != 0) {
          let sum = v128.splat<f64>(0);
          for (let j = 0; j < whole; j += lanes<T>()) sum = v128.add<f64>(sum, squares<T>(direction<T>(g, roots, j, scales, root, most)));
          // Past the end may be 0 · ∞, which is not a number.
          if (whole < width) {
            const last = first_lanes<T>(direction<T>(g, roots, whole, scales, root, most), width - whole);
            sum = v128.add<f64>(sum, squares<T>(last));
          }
          const at = sums + (<usize>(i / group) << 3);
          store<f64>(at, load<f64>(at) + v128.extract_lane<f64>(sum, 0) + v128.extract_lane<f64>(sum, 1));
          continue;
        }
        const x = params + row;
        for (let j = 0; j < width; j += lanes<T>()) {
          const at = <usize>j * sizeof<T>();
          let u = v128.mul<T>(steps, direction<T>(g, roots, j, scales, root, most));
          if (momentum != 0) {
            const m = momentum + row + at;
            u = flush<T>(v128.add<T>(v128.mul<T>(kept, v128.load(m)), v128.mul<T>(taken, u)));
            if (j < whole) v128.store(m, u);
            else store_partial<T>(m, u, width - j);
          }
          const moved = v128.sub<T>(v128.mul<T>(v128.load(x + at), shrinking), u);
          if (j < whole) v128.store(x + at, moved);
          else store_partial<T>(x + at, moved, width - j);
        }
      }
    }
    from = to;
  }
}

export function adafactor_matrix_f32(p: usize, thread: i32, threads: i32): void {
  adafactor_matrix<f32>(p, thread, threads);
}

export function adafactor_matrix_f64(p: usize, thread: i32, threads: i32): void {
  adafactor_matrix<f64>(p, thread, threads);
}
