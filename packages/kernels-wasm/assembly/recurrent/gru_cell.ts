/**
 * One step of a GRU from the input's and the state's shares of its pre-activations (r, z, n): r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r h_n),
 * h' = n + z (h − n). Words: next state (rows, H), what the gradient needs (rows, 5H: r | z | n | h_n | h), the two shares (rows, 3H each), state (rows, H), rows, H.
 */
import { buffer, end_piece, first_piece, load_pair, PIECE, pieces_of, sigmoid_piece, store_pair, tanh_piece } from "./gates";

/** dst = a + b of whole vectors. */
function add_piece<T>(dst: usize, a: usize, b: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n * sizeof<T>(); i += 16) v128.store(dst + i, v128.add<T>(v128.load(a + i), v128.load(b + i)));
}

function gru_cell<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 20);
  const units = load<i32>(p, 24);
  const gate = <usize>units * sizeof<T>();
  const pieces = pieces_of(units);
  const r = buffer(thread, 0);
  const z = buffer(thread, 1);
  const m = buffer(thread, 2);
  const end = end_piece(rows, units, thread, threads);
  for (let piece = first_piece(rows, units, thread, threads); piece < end; piece++) {
    const row = piece / pieces;
    const first = (piece - row * pieces) * PIECE;
    const n = min(PIECE, units - first);
    const at = <usize>first * sizeof<T>();
    const next = load<usize>(p) + <usize>row * gate + at;
    const saved = load<usize>(p, 4) + <usize>row * gate * 5 + at;
    const x = load<usize>(p, 8) + <usize>row * gate * 3 + at;
    const h = load<usize>(p, 12) + <usize>row * gate * 3 + at;
    const state = load<usize>(p, 16) + <usize>row * gate + at;
    add_piece<T>(r, x, h, n);
    sigmoid_piece<T>(r, r, n);
    add_piece<T>(z, x + gate, h + gate, n);
    sigmoid_piece<T>(z, z, n);
    for (let b: usize = 0; b < <usize>n * sizeof<T>(); b += 16) {
      v128.store(m + b, v128.add<T>(v128.load(x + 2 * gate + b), v128.mul<T>(v128.load(r + b), v128.load(h + 2 * gate + b))));
    }
    tanh_piece<T>(m, m, n);
    for (let k = 0; k < n; k += 2) {
      const b = <usize>k * sizeof<T>();
      const left = n - k;
      const vz = load_pair<T>(z + b);
      const vn = load_pair<T>(m + b);
      const before = load_pair<T>(state + b);
      store_pair<T>(next + b, v128.add<f64>(vn, v128.mul<f64>(vz, v128.sub<f64>(before, vn))), left);
      store_pair<T>(saved + b, load_pair<T>(r + b), left);
      store_pair<T>(saved + gate + b, vz, left);
      store_pair<T>(saved + 2 * gate + b, vn, left);
      store_pair<T>(saved + 3 * gate + b, load_pair<T>(h + 2 * gate + b), left);
      store_pair<T>(saved + 4 * gate + b, before, left);
    }
  }
}

export function gru_cell_f32(p: usize, thread: i32, threads: i32): void {
  gru_cell<f32>(p, thread, threads);
}

export function gru_cell_f64(p: usize, thread: i32, threads: i32): void {
  gru_cell<f64>(p, thread, threads);
}
