/**
 * Rows of activations as int8, with a scale a row: q = round(a · (127 / max |a|)), half to even. A row that holds NaN or infinity has that for a
 * scale, so that all its products show it.
 */

/**
 * Rounds k elements at `a` to bytes at `q`, clearing up to a multiple of 32, and returns the scale. Those of `outliers` columns, whose numbers lie upwards at
 * `columns`, are no part of it: their bytes are zero, and they go to `apart` as they are.
 */
export function quantize_row(q: usize, a: usize, k: i32, columns: usize = 0, outliers: i32 = 0, apart: usize = 0): f32 {
  let largest: f32 = 0;
  let from = 0;
  for (let e = 0; e < outliers; e++) {
    const column = column_of(columns, e, k);
    const at = a + (<usize>column << 2);
    store<f32>(apart + (<usize>e << 2), load<f32>(at));
    largest = max<f32>(largest, largest_of(a + (<usize>from << 2), column - from));
    from = column + 1;
  }
  largest = max<f32>(largest, largest_of(a + (<usize>from << 2), k - from));
  let i = 0;
  const factor: f32 = largest == 0 ? 0 : <f32>127 / largest;
  const f = v128.splat<f32>(factor);
  for (i = 0; i <= k - 16; i += 16) {
    const at = a + (<usize>i << 2);
    const low = i16x8.narrow_i32x4_s(rounded(v128.load(at), f), rounded(v128.load(at, 16), f));
    const high = i16x8.narrow_i32x4_s(rounded(v128.load(at, 32), f), rounded(v128.load(at, 48), f));
    v128.store(q + <usize>i, i8x16.narrow_i16x8_s(low, high));
  }
  for (; i < k; i++) {
    const x = rounded(v128.splat<f32>(load<f32>(a + (<usize>i << 2))), f);
    store<i8>(q + <usize>i, <i8>i32x4.extract_lane(x, 0));
  }
  const end = (k + 31) & ~31;
  for (; i < end; i++) store<i8>(q + <usize>i, 0);
  for (let e = 0; e < outliers; e++) store<i8>(q + <usize>column_of(columns, e, k), 0);
  return largest / 127;
}

// @ts-ignore: decorator
@inline
function column_of(columns: usize, e: i32, k: i32): i32 {
  return <i32>min<u32>(load<u32>(columns + (<usize>e << 2)), k - 1);
}

/** The largest magnitude of n elements. */
function largest_of(a: usize, n: i32): f32 {
  let most = v128.splat<f32>(0);
  let i = 0;
  for (; i <= n - 4; i += 4) most = v128.max<f32>(most, v128.abs<f32>(v128.load(a + (<usize>i << 2))));
  let largest = max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (; i < n; i++) largest = max<f32>(largest, abs<f32>(load<f32>(a + (<usize>i << 2))));
  return largest;
}

// @ts-ignore: decorator
@inline
function rounded(x: v128, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(v128.nearest<f32>(v128.mul<f32>(x, factor)));
}

/** Sum of n (a multiple of 16) bytes. */
export function sum_bytes(q: usize, n: i32): i32 {
  let total = v128.splat<i32>(0);
  for (let i: usize = 0; i < <usize>n; i += 16) {
    total = v128.add<i32>(total, v128.extadd_pairwise<i16>(v128.extadd_pairwise<i8>(v128.load(q + i))));
  }
  return i32x4.extract_lane(total, 0) + i32x4.extract_lane(total, 1) + i32x4.extract_lane(total, 2) + i32x4.extract_lane(total, 3);
}

/** n (a multiple of 16) bytes at q as words. */
export function widen_bytes(to: usize, q: usize, n: i32): void {
  for (const end = q + <usize>n; q < end; q += 16) {
    const bytes = v128.load(q);
    v128.store(to, v128.extend_low<i8>(bytes));
    v128.store(to, v128.extend_high<i8>(bytes), 16);
    to += 32;
  }
}
