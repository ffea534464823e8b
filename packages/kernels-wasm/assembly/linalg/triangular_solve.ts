/**
 * Linear systems with triangles. Words: solution, triangle, right-hand side; matrices, n, systems per matrix, strides of the triangle (matrix, row, column), lower,
 * unit diagonal, strides of the right-hand side (matrix, unknown, system), strides of the solution (unknown, system). Systems are shared in fours.
 */
import { share_begin, share_end } from "../lib/rows";
import { SIDE_BY_SIDE, substitute } from "./substitute";

// @ts-ignore: decorator
@inline
function triangular_solve<T>(p: usize, thread: i32, threads: i32): void {
  const x = load<usize>(p);
  const t = load<usize>(p, 4);
  const b = load<usize>(p, 8);
  const matrices = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  const systems = load<i32>(p, 20);
  const groups = (systems + SIDE_BY_SIDE - 1) / SIDE_BY_SIDE;
  const end = share_end(matrices * groups, 1, thread, threads);
  for (let item = share_begin(matrices * groups, 1, thread, threads); item < end; item++) {
    const matrix = item / groups;
    const first = (item - matrix * groups) * SIDE_BY_SIDE;
    substitute<T>(
      x + <usize>(matrix * n * systems) * sizeof<T>(), load<i32>(p, 56), load<i32>(p, 60),
      t + <usize>(matrix * load<i32>(p, 24)) * sizeof<T>(), load<i32>(p, 28), load<i32>(p, 32),
      b + <usize>(matrix * load<i32>(p, 44)) * sizeof<T>(), load<i32>(p, 48), load<i32>(p, 52),
      n, first, min(systems, first + SIDE_BY_SIDE), load<i32>(p, 36) != 0, load<i32>(p, 40) != 0,
    );
  }
}

export function triangular_solve_f32(p: usize, thread: i32, threads: i32): void {
  triangular_solve<f32>(p, thread, threads);
}

export function triangular_solve_f64(p: usize, thread: i32, threads: i32): void {
  triangular_solve<f64>(p, thread, threads);
}
