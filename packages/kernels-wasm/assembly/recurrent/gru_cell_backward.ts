/**
 * Gradient of gru_cell. Words: gradients of the input's share and of the state's share (rows, 3H each), of the state past its share (rows, H), what gru_cell saved
 * (rows, 5H), gradient of the state after it from outside and from the next step (rows, H each), rows, H.
 */
import { k2 } from "../lib/wide";
import { end_piece, first_piece, load_pair, PIECE, pieces_of, store_pair } from "./gates";

function gru_cell_backward<T>(p: usize, thread: i32, threads: i32): void {
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
    const d_x = load<usize>(p) + <usize>row * gate * 3 + at;
    const d_h = load<usize>(p, 4) + <usize>row * gate * 3 + at;
    const d_before = load<usize>(p, 8) + <usize>row * gate + at;
    const saved = load<usize>(p, 12) + <usize>row * gate * 5 + at;
    const outside = load<usize>(p, 16) + <usize>row * gate + at;
    const later = load<usize>(p, 20) + <usize>row * gate + at;
    for (let k = 0; k < n; k += 2) {
      const b = <usize>k * sizeof<T>();
      const left = n - k;
      const r = load_pair<T>(saved + b);
      const z = load_pair<T>(saved + gate + b);
      const m = load_pair<T>(saved + 2 * gate + b);
      const d = v128.add<f64>(load_pair<T>(outside + b), load_pair<T>(later + b));
      const open = v128.sub<f64>(one, z);
      const dm = v128.mul<f64>(v128.mul<f64>(d, open), v128.sub<f64>(one, v128.mul<f64>(m, m)));
      const dz = v128.mul<f64>(v128.mul<f64>(d, v128.sub<f64>(load_pair<T>(saved + 4 * gate + b), m)), v128.mul<f64>(z, open));
      const dr = v128.mul<f64>(v128.mul<f64>(dm, load_pair<T>(saved + 3 * gate + b)), v128.mul<f64>(r, v128.sub<f64>(one, r)));
      store_pair<T>(d_x + b, dr, left);
      store_pair<T>(d_x + gate + b, dz, left);
      store_pair<T>(d_x + 2 * gate + b, dm, left);
      store_pair<T>(d_h + b, dr, left);
      store_pair<T>(d_h + gate + b, dz, left);
      store_pair<T>(d_h + 2 * gate + b, v128.mul<f64>(dm, r), left);
      store_pair<T>(d_before + b, v128.mul<f64>(d, z), left);
    }
  }
}

export function gru_cell_backward_f32(p: usize, thread: i32, threads: i32): void {
  gru_cell_backward<f32>(p, thread, threads);
}

export function gru_cell_backward_f64(p: usize, thread: i32, threads: i32): void {
  gru_cell_backward<f64>(p, thread, threads);
}
