/**
 * Copies pieces, each read and written through strides, into one output: concat, flip and whatever needs its elements in order.
 * Words: output, one input per piece, bytes per element (which ends the list of pointers, being smaller than any of them), pieces, then per
 * piece: elements, offset in the output, rank, and per axis (extent, output stride, input stride). Offsets and strides count elements.
 */
import { CONTROL_BYTES, scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { copy_elements } from "./move";

export function copy_strided(p: usize, thread: i32, threads: i32): void {
  const out = load<usize>(p);
  let input = p + 4;
  let words = input;
  while (load<usize>(words) >= CONTROL_BYTES) words += 4;
  const width = load<i32>(words);
  const pieces = load<i32>(words, 4);
  words += 8;
  for (let piece = 0; piece < pieces; piece++, input += 4) {
    const to = out + <usize>(load<i32>(words, 4) * width);
    copy_piece(to, load<usize>(input), width, words, thread, threads);
    words += 12 + 12 * <usize>load<i32>(words, 8);
  }
}

/** This thread's share of one piece, row by row of its last axis. */
// @ts-ignore: decorator
@inline
function copy_piece(out: usize, input: usize, width: i32, words: usize, thread: i32, threads: i32): void {
  const size = load<i32>(words);
  const rank = load<i32>(words, 8);
  const axes = words + 12;
  let at = share_begin(size, 64, thread, threads);
  const end = share_end(size, 64, thread, threads);
  if (at >= end) return;
  if (rank == 0) {
    copy_elements(out, input, 1, 1, 1, width);
    return;
  }
  // Where the share begins: one counter per axis, in this thread's scratch.
  const counters = scratch(thread);
  let dst = 0;
  let src = 0;
  let rest = at;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const a = axes + 12 * <usize>axis;
    const extent = load<i32>(a);
    const c = rest % extent;
    rest /= extent;
    store<i32>(counters + 4 * <usize>axis, c);
    dst += c * load<i32>(a, 4);
    src += c * load<i32>(a, 8);
  }
  const inner = axes + 12 * <usize>(rank - 1);
  const n = load<i32>(inner);
  const ds = load<i32>(inner, 4);
  const ss = load<i32>(inner, 8);
  let c = load<i32>(counters + 4 * <usize>(rank - 1));
  while (at < end) {
    const run = min(n - c, end - at);
    copy_elements(out + <usize>(dst * width), input + <usize>(src * width), run, ds, ss, width);
    at += run;
    dst -= c * ds;
    src -= c * ss;
    c = 0;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const a = axes + 12 * <usize>axis;
      const counter = counters + 4 * <usize>axis;
      const next = load<i32>(counter) + 1;
      dst += load<i32>(a, 4);
      src += load<i32>(a, 8);
      if (next < load<i32>(a)) {
        store<i32>(counter, next);
        break;
      }
      store<i32>(counter, 0);
      dst -= next * load<i32>(a, 4);
      src -= next * load<i32>(a, 8);
    }
  }
}
