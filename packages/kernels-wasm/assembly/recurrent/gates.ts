/** Gate activations a piece of a row at a time, into buffers of whole vectors, by the same loops as the element-wise ops sigmoid and tanh. */
import { scratch } from "../lib/control";
import { exp_strip, SIGMOID, TANH } from "../lib/exp_strip";
import { share_begin, share_end } from "../lib/rows";
import { sigmoid_wide, tanh_wide } from "../lib/sigmoid";
import { low } from "../lib/wide";

/** Units of a piece; each of its few buffers takes 4 KiB in f64 and stays in the first cache. */
export const PIECE: i32 = 512;
/** Distance of buffers: a piece in f64 and one vector. */
const BUFFER: usize = 4096 + 16;
/** Fewer units than this are one thread's: a unit is a few exponentials. */
const SPLIT_LEAST: i64 = 512;

// @ts-ignore: decorator
@inline
export function buffer(thread: i32, index: i32): usize {
  return scratch(thread) + <usize>index * BUFFER;
}

export function sigmoid_piece<T>(dst: usize, a: usize, n: i32): void {
  if (sizeof<T>() == 4) {
    exp_strip(SIGMOID, dst, a, n);
    return;
  }
  for (let i: usize = 0; i < <usize>n * 8; i += 16) v128.store(dst + i, sigmoid_wide(v128.load(a + i)));
}

export function tanh_piece<T>(dst: usize, a: usize, n: i32): void {
  if (sizeof<T>() == 4) {
    exp_strip(TANH, dst, a, n);
    return;
  }
  for (let i: usize = 0; i < <usize>n * 8; i += 16) v128.store(dst + i, tanh_wide(v128.load(a + i)));
}

// @ts-ignore: decorator
@inline
export function pieces_of(units: i32): i32 {
  return (units + PIECE - 1) / PIECE;
}

/** First piece of a thread's share of all rows' pieces; the share of thread + 1 begins where it ends. */
// @ts-ignore: decorator
@inline
export function first_piece(rows: i32, units: i32, thread: i32, threads: i32): i32 {
  const count = rows * pieces_of(units);
  if (<i64>rows * <i64>units < SPLIT_LEAST) return thread == 0 ? 0 : count;
  return share_begin(count, 1, thread, threads);
}

// @ts-ignore: decorator
@inline
export function end_piece(rows: i32, units: i32, thread: i32, threads: i32): i32 {
  const count = rows * pieces_of(units);
  return <i64>rows * <i64>units < SPLIT_LEAST ? count : share_end(count, 1, thread, threads);
}

/** Two neighbouring elements as f64x2. Steps of a cell are rounded once, like the functions they are made of: their errors go round the loop. */
// @ts-ignore: decorator
@inline
export function load_pair<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? low(v128.load64_zero(p)) : v128.load(p);
}

/** Stores the first n (1 or more) of two elements. */
// @ts-ignore: decorator
@inline
export function store_pair<T>(p: usize, v: v128, n: i32): void {
  if (sizeof<T>() == 4) {
    const rounded = f32x4.demote_f64x2_zero(v);
    if (n >= 2) v128.store_lane<i64>(p, rounded, 0);
    else v128.store_lane<i32>(p, rounded, 0);
  } else if (n >= 2) v128.store(p, v);
  else v128.store_lane<i64>(p, v, 0);
}
