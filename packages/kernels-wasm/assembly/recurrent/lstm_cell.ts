/**
 * One step of an LSTM from its pre-activations (i, f, g, o): c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'). Words: next state (rows, 2H: h | c),
 * what the gradient needs (rows, 6H: i | f | g | o | c | tanh c'), pre-activations (rows, 4H), state (rows, 2H), rows, H.
 */
import { buffer, end_piece, first_piece, load_pair, PIECE, pieces_of, sigmoid_piece, store_pair, tanh_piece } from "./gates";

function lstm_cell<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 16);
  const units = load<i32>(p, 20);
  const gate = <usize>units * sizeof<T>();
  const pieces = pieces_of(units);
  const i = buffer(thread, 0);
  const f = buffer(thread, 1);
  const g = buffer(thread, 2);
  const o = buffer(thread, 3);
  const c = buffer(thread, 4);
  const end = end_piece(rows, units, thread, threads);
  for (let piece = first_piece(rows, units, thread, threads); piece < end; piece++) {
    const row = piece / pieces;
    const first = (piece - row * pieces) * PIECE;
    const n = min(PIECE, units - first);
    const at = <usize>first * sizeof<T>();
    const next = load<usize>(p) + <usize>row * gate * 2 + at;
    const saved = load<usize>(p, 4) + <usize>row * gate * 6 + at;
    const pre = load<usize>(p, 8) + <usize>row * gate * 4 + at;
    const cell = load<usize>(p, 12) + <usize>row * gate * 2 + gate + at;
    sigmoid_piece<T>(i, pre, n);
    sigmoid_piece<T>(f, pre + gate, n);
    tanh_piece<T>(g, pre + 2 * gate, n);
    sigmoid_piece<T>(o, pre + 3 * gate, n);
    for (let k = 0; k < n; k += 2) {
      const b = <usize>k * sizeof<T>();
      const left = n - k;
      const vi = load_pair<T>(i + b);
      const vf = load_pair<T>(f + b);
      const vg = load_pair<T>(g + b);
      const before = load_pair<T>(cell + b);
      const vc = v128.add<f64>(v128.mul<f64>(vf, before), v128.mul<f64>(vi, vg));
      store_pair<T>(c + b, vc, 2);
      store_pair<T>(next + gate + b, vc, left);
      store_pair<T>(saved + b, vi, left);
      store_pair<T>(saved + gate + b, vf, left);
      store_pair<T>(saved + 2 * gate + b, vg, left);
      store_pair<T>(saved + 3 * gate + b, load_pair<T>(o + b), left);
      store_pair<T>(saved + 4 * gate + b, before, left);
    }
    tanh_piece<T>(c, c, n);
    for (let k = 0; k < n; k += 2) {
      const b = <usize>k * sizeof<T>();
      const y = load_pair<T>(c + b);
      store_pair<T>(next + b, v128.mul<f64>(load_pair<T>(o + b), y), n - k);
      store_pair<T>(saved + 5 * gate + b, y, n - k);
    }
  }
}

export function lstm_cell_f32(p: usize, thread: i32, threads: i32): void {
  lstm_cell<f32>(p, thread, threads);
}

export function lstm_cell_f64(p: usize, thread: i32, threads: i32): void {
  lstm_cell<f64>(p, thread, threads);
}
