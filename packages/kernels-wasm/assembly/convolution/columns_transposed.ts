/**
 * Packs panels of the column matrix transposed, outputs × (channel, tap): a row of 32 bytes for each output. Blocks of a vector's outputs for
 * a vector's taps are transposed in registers where outputs lie side by side, at the ends of rows from two loads and a mask.
 */
import { lanes } from "../lib/simd";
import { pick } from "../lib/wide";
import { first_lanes } from "./band";

/**
 * n (channel, tap) pairs by their offsets in `table`, rows × columns outputs from `base`; strides in bytes. Panels are `panel` bytes apart,
 * so that several images' outputs can lie one behind the other.
 */
export function pack_rows<T>(
  d: usize, panel: usize, base: usize, table: usize, n: i32, rows: i32, columns: i32, row_stride: usize, column_stride: usize,
): void {
  const width = 2 * lanes<T>();
  for (; n > 0; n -= width) {
    if (column_stride == sizeof<T>()) {
      half_panel<T>(d, base, table, n, rows, columns, row_stride);
      if (n > lanes<T>()) half_panel<T>(d + 16, base, table + (<usize>lanes<T>() << 2), n - lanes<T>(), rows, columns, row_stride);
    } else {
      half_panel_apart<T>(d, base, table, n, rows, columns, row_stride, column_stride);
      if (n > lanes<T>()) {
        half_panel_apart<T>(d + 16, base, table + (<usize>lanes<T>() << 2), n - lanes<T>(), rows, columns, row_stride, column_stride);
      }
    }
    d += panel;
    table += <usize>width << 2;
  }
}

/** A vector's taps; those that are missing repeat the last one. */
function half_panel<T>(d: usize, base: usize, table: usize, n: i32, rows: i32, columns: i32, row_stride: usize): void {
  const x0 = base + load<usize>(table);
  const x1 = n > 1 ? base + load<usize>(table, 4) : x0;
  const x2 = n > 2 ? base + load<usize>(table, 8) : x1;
  const x3 = n > 3 ? base + load<usize>(table, 12) : x2;
  // Outputs are counted through all rows; `at` is the offset of output `q` of its row.
  let q = 0;
  let at: usize = 0;
  let row: usize = 0;
  let left = rows * columns;
  if (columns >= lanes<T>()) {
    for (; left >= lanes<T>(); left -= lanes<T>()) {
      const rest = columns - q;
      let v0 = v128.load(x0 + at);
      let v1 = v128.load(x1 + at);
      let v2 = v0;
      let v3 = v1;
      if (sizeof<T>() == 4) {
        v2 = v128.load(x2 + at);
        v3 = v128.load(x3 + at);
      }
      q += lanes<T>();
      at += 16;
      if (rest < lanes<T>()) {
        row += row_stride;
        const next = row - <usize>rest * sizeof<T>();
        const mask = first_lanes<T>(rest);
        v0 = pick(mask, v0, v128.load(x0 + next));
        v1 = pick(mask, v1, v128.load(x1 + next));
        if (sizeof<T>() == 4) {
          v2 = pick(mask, v2, v128.load(x2 + next));
          v3 = pick(mask, v3, v128.load(x3 + next));
        }
        q -= columns;
        at = next + 16;
      } else if (rest == lanes<T>()) {
        q = 0;
        row += row_stride;
        at = row;
      }
      if (sizeof<T>() == 4) {
        const low01 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
        const low23 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
        const high01 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
        const high23 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
        v128.store(d, v128.shuffle<i64>(low01, low23, 0, 2));
        v128.store(d, v128.shuffle<i64>(low01, low23, 1, 3), 32);
        v128.store(d, v128.shuffle<i64>(high01, high23, 0, 2), 64);
        v128.store(d, v128.shuffle<i64>(high01, high23, 1, 3), 96);
        d += 128;
      } else {
        v128.store(d, v128.shuffle<i64>(v0, v1, 0, 2));
        v128.store(d, v128.shuffle<i64>(v0, v1, 1, 3), 32);
        d += 64;
      }
    }
  }
  for (; left > 0; left--) {
    put<T>(d, x0 + at, x1 + at, x2 + at, x3 + at);
    d += 32;
    at += sizeof<T>();
    if (++q < columns) continue;
    q = 0;
    row += row_stride;
    at = row;
  }
}

function half_panel_apart<T>(
  d: usize, base: usize, table: usize, n: i32, rows: i32, columns: i32, row_stride: usize, column_stride: usize,
): void {
  const x0 = base + load<usize>(table);
  const x1 = n > 1 ? base + load<usize>(table, 4) : x0;
  const x2 = n > 2 ? base + load<usize>(table, 8) : x1;
  const x3 = n > 3 ? base + load<usize>(table, 12) : x2;
  let row: usize = 0;
  for (let r = 0; r < rows; r++) {
    let at = row;
    for (let q = 0; q < columns; q++) {
      put<T>(d, x0 + at, x1 + at, x2 + at, x3 + at);
      d += 32;
      at += column_stride;
    }
    row += row_stride;
  }
}

// @ts-ignore: decorator
@inline
function put<T>(d: usize, x0: usize, x1: usize, x2: usize, x3: usize): void {
  store<T>(d, load<T>(x0));
  store<T>(d + sizeof<T>(), load<T>(x1));
  if (sizeof<T>() == 4) {
    store<T>(d + 8, load<T>(x2));
    store<T>(d + 12, load<T>(x3));
  }
}
