/**
 * Gradient of lstm_cell. Words: gradient of the pre-activations (rows, 4H), of the cell before the step (rows, H), what lstm_cell saved (rows, 6H), gradient of
 * the state after the step from outside (rows, 2H: h | c), of its h and its c from the next step (rows, H each), rows, H.
 */
import { k2 } from "../lib/wide";
import { end_piece, first_piece, load_pair, PIECE, pieces_of, store_pair } from "./gates";

/** d · y (1 − y), y a sigmoid. */
// @ts-ignore: decorator
@inline
function through_sigmoid(d: v128, y: v128, one: v128): v128 {
  return v128.mul<f64>(d, v128.mul<f64>(y, v128.sub<f64>(one, y)));
}

function lstm_cell_backward<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 24);
  const units = load<i32>(p, 28);
  const gate = <usize>units * sizeof<T>();
  const pieces = pieces_of(units);
  const one = k2(1);
  const end = end_piece(rows, units, thread, threads);
  for (let piece = first_piece(rows, units, thread, threads); piece < end; piece++) {
    const row = piece / pieces;
    const first = (piece - row * pieces) * PIECE;
    const n = min(PIECE, units - first);
    const at = <usize>first * sizeof<T>();
    const d_pre = load<usize>(p) + <usize>row * gate * 4 + at;
    const d_before = load<usize>(p, 4) + <usize>row * gate + at;
    const saved = load<usize>(p, 8) + <usize>row * gate * 6 + at;
    const outside = load<usize>(p, 12) + <usize>row * gate * 2 + at;
    const d_hidden = load<usize>(p, 16) + <usize>row * gate + at;
    const d_cell = load<usize>(p, 20) + <usize>row * gate + at;
    for (let k = 0; k < n; k += 2) {
      const b = <usize>k * sizeof<T>();
      const left = n - k;
      const i = load_pair<T>(saved + b);
      const f = load_pair<T>(saved + gate + b);
      const g = load_pair<T>(saved + 2 * gate + b);
      const o = load_pair<T>(saved + 3 * gate + b);
      const y = load_pair<T>(saved + 5 * gate + b);
      const dh = v128.add<f64>(load_pair<T>(outside + b), load_pair<T>(d_hidden + b));
      const through = v128.mul<f64>(v128.mul<f64>(dh, o), v128.sub<f64>(one, v128.mul<f64>(y, y)));
      const dc = v128.add<f64>(v128.add<f64>(load_pair<T>(outside + gate + b), load_pair<T>(d_cell + b)), through);
      store_pair<T>(d_pre + b, through_sigmoid(v128.mul<f64>(dc, g), i, one), left);
      store_pair<T>(d_pre + gate + b, through_sigmoid(v128.mul<f64>(dc, load_pair<T>(saved + 4 * gate + b)), f, one), left);
      store_pair<T>(d_pre + 2 * gate + b, v128.mul<f64>(v128.mul<f64>(dc, i), v128.sub<f64>(one, v128.mul<f64>(g, g))), left);
      store_pair<T>(d_pre + 3 * gate + b, through_sigmoid(v128.mul<f64>(dh, y), o, one), left);
      store_pair<T>(d_before + b, v128.mul<f64>(dc, f), left);
    }
  }
}

export function lstm_cell_backward_f32(p: usize, thread: i32, threads: i32): void {
  lstm_cell_backward<f32>(p, thread, threads);
}

export function lstm_cell_backward_f64(p: usize, thread: i32, threads: i32): void {
  lstm_cell_backward<f64>(p, thread, threads);
}
