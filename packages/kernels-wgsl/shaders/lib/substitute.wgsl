// Forward and backward substitution: what triangular and LU solves have in common. Each unknown, once it is known, is taken out of all that
// follow, so that rows work side by side and a step takes one barrier. The kernel declares `x`, which holds the right-hand side and takes
// the solution, and `t`, and ROWS, the threads that share a system.
struct Triangle {
  at: u32,
  row: u32,
  column: u32,
  n: u32,
  lower: bool,
  unit: bool,
}

// One system: unknown i at x_at + i · x_row. `mine` is false for threads beyond the last system, which only keep up with the barriers.
fn substitute(triangle: Triangle, x_at: u32, x_row: u32, mine: bool, thread: u32) {
  let diagonal = triangle.row + triangle.column;
  if (mine && thread == 0u && triangle.n > 0u && !triangle.unit) {
    let i = select(triangle.n - 1u, 0u, triangle.lower);
    x[x_at + i * x_row] /= t[triangle.at + i * diagonal];
  }
  storageBarrier();
  for (var step = 0u; step + 1u < triangle.n; step++) {
    let i = select(triangle.n - 1u - step, step, triangle.lower);
    if (mine) {
      let known = x[x_at + i * x_row];
      for (var ahead = 1u + thread; step + ahead < triangle.n; ahead += ROWS) {
        let j = select(i - ahead, i + ahead, triangle.lower);
        var rest = x[x_at + j * x_row] - t[triangle.at + j * triangle.row + i * triangle.column] * known;
        // The next unknown has nothing left but its own coefficient.
        if (ahead == 1u && !triangle.unit) {
          rest /= t[triangle.at + j * diagonal];
        }
        x[x_at + j * x_row] = rest;
      }
    }
    storageBarrier();
  }
}
