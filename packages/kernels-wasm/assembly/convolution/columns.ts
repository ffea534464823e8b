/**
 * Packs panels of the column matrix, (channel, tap) × outputs, as GEMM's tile reads them (dense/pack.ts): two vectors of outputs wide,
 * a row of 32 bytes for each (channel, tap). Four outputs side by side are four inputs side by side where the stride is 1, or come from
 * the ends of two rows: then two loads and a mask. All of a panel's rows look at their inputs in the same pattern.
 */
import { lanes } from "../lib/simd";
import { pick } from "../lib/wide";
import { first_lanes } from "./band";

/** rows × columns outputs; `base` is the first one's input for offset 0; strides in bytes; n offsets in `table`. */
export function pack_columns<T>(
  d: usize, base: usize, table: usize, n: i32, rows: i32, columns: i32, row_stride: usize, column_stride: usize,
): void {
  const width = 2 * lanes<T>();
  const outputs = rows * columns;
  const end = table + (<usize>n << 2);
  const side_by_side = column_stride == sizeof<T>() && columns >= lanes<T>();
  let r = 0;
  let q = 0;
  for (let left = outputs; left > 0; left -= width) {
    if (side_by_side) {
      const a0 = base + <usize>r * row_stride + <usize>q * sizeof<T>();
      const m0 = min(columns - q, lanes<T>());
      // What is beyond the last output may be anything: the last row is its own successor.
      const b0 = r + 1 < rows ? base + <usize>(r + 1) * row_stride - <usize>m0 * sizeof<T>() : a0;
      q += lanes<T>();
      if (q >= columns) {
        q -= columns;
        r++;
      }
      let a1 = a0;
      let m1 = lanes<T>();
      let b1 = a0;
      if (left > lanes<T>()) {
        a1 = base + <usize>r * row_stride + <usize>q * sizeof<T>();
        m1 = min(columns - q, lanes<T>());
        b1 = r + 1 < rows ? base + <usize>(r + 1) * row_stride - <usize>m1 * sizeof<T>() : a1;
        q += lanes<T>();
        if (q >= columns) {
          q -= columns;
          r++;
        }
      }
      if (m0 == lanes<T>() && m1 == lanes<T>()) whole_panel(d, a0, a1, table, end);
      else spliced_panel(d, a0, b0, first_lanes<T>(m0), a1, b1, first_lanes<T>(m1), table, end);
    } else {
      gathered_panel<T>(d, base, r, q, left, columns, row_stride, column_stride, table, end);
      q += width;
      r += q / columns;
      q %= columns;
    }
    d += <usize>n << 5;
  }
}

function whole_panel(d: usize, a0: usize, a1: usize, table: usize, end: usize): void {
  for (; table < end; table += 4) {
    const at = load<usize>(table);
    v128.store(d, v128.load(a0 + at));
    v128.store(d, v128.load(a1 + at), 16);
    d += 32;
  }
}

function spliced_panel(
  d: usize, a0: usize, b0: usize, mask0: v128, a1: usize, b1: usize, mask1: v128, table: usize, end: usize,
): void {
  for (; table < end; table += 4) {
    const at = load<usize>(table);
    v128.store(d, pick(mask0, v128.load(a0 + at), v128.load(b0 + at)));
    v128.store(d, pick(mask1, v128.load(a1 + at), v128.load(b1 + at)), 16);
    d += 32;
  }
}

/** One output at a time; those that are missing repeat the last one. */
function gathered_panel<T>(
  d: usize, base: usize, r: i32, q: i32, left: i32, columns: i32, row_stride: usize, column_stride: usize, table: usize, end: usize,
): void {
  const x0 = base + <usize>r * row_stride + <usize>q * column_stride;
  const x1 = left > 1 ? input_of(base, r, q + 1, columns, row_stride, column_stride) : x0;
  const x2 = left > 2 ? input_of(base, r, q + 2, columns, row_stride, column_stride) : x1;
  const x3 = left > 3 ? input_of(base, r, q + 3, columns, row_stride, column_stride) : x2;
  if (sizeof<T>() == 4) {
    const x4 = left > 4 ? input_of(base, r, q + 4, columns, row_stride, column_stride) : x3;
    const x5 = left > 5 ? input_of(base, r, q + 5, columns, row_stride, column_stride) : x4;
    const x6 = left > 6 ? input_of(base, r, q + 6, columns, row_stride, column_stride) : x5;
    const x7 = left > 7 ? input_of(base, r, q + 7, columns, row_stride, column_stride) : x6;
    for (; table < end; table += 4) {
      const at = load<usize>(table);
      store<f32>(d, load<f32>(x0 + at));
      store<f32>(d, load<f32>(x1 + at), 4);
      store<f32>(d, load<f32>(x2 + at), 8);
      store<f32>(d, load<f32>(x3 + at), 12);
      store<f32>(d, load<f32>(x4 + at), 16);
      store<f32>(d, load<f32>(x5 + at), 20);
      store<f32>(d, load<f32>(x6 + at), 24);
      store<f32>(d, load<f32>(x7 + at), 28);
      d += 32;
    }
  } else {
    for (; table < end; table += 4) {
      const at = load<usize>(table);
      store<f64>(d, load<f64>(x0 + at));
      store<f64>(d, load<f64>(x1 + at), 8);
      store<f64>(d, load<f64>(x2 + at), 16);
      store<f64>(d, load<f64>(x3 + at), 24);
      d += 32;
    }
  }
}

/** Input of output q of row r, where q may run on into later rows. */
// @ts-ignore: decorator
@inline
function input_of(base: usize, r: i32, q: i32, columns: i32, row_stride: usize, column_stride: usize): usize {
  const over = q / columns;
  return base + <usize>(r + over) * row_stride + <usize>(q - over * columns) * column_stride;
}
