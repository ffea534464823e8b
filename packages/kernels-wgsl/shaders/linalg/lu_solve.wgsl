// Linear systems from LU factors: a workgroup takes COLUMNS right-hand sides of one matrix, ROWS threads share each.
//! use grid substitute
struct Params {
  x_at: u32,
  t_at: u32,
  pivots_at: u32,
  b_at: u32,
  matrices: u32,
  n: u32,
  columns: u32,
  transpose: u32,
  t_matrix: u32,
  t_row: u32,
  t_column: u32,
  pivots_matrix: u32,
  b_matrix: u32,
  b_row: u32,
  b_column: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read> pivots: array<u32>;
@group(0) @binding(4) var<storage, read> b: array<f32>;

// Unknown i and the one that was exchanged with it; one that does not exist is left alone.
fn exchange(x_at: u32, i: u32, j: u32) {
  if (i == j || j >= p.n) {
    return;
  }
  let value = x[x_at + i * p.columns];
  x[x_at + i * p.columns] = x[x_at + j * p.columns];
  x[x_at + j * p.columns] = value;
}

@compute @workgroup_size(COLUMNS, ROWS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let flat = flat_group(group, groups);
  let blocks = max((p.columns + COLUMNS - 1u) / COLUMNS, 1u);
  let matrix = flat / blocks;
  let column = flat % blocks * COLUMNS + local.x;
  let mine = matrix < p.matrices && column < p.columns;
  let x_at = p.x_at + matrix * p.n * p.columns + column;
  let pivots_at = p.pivots_at + matrix * p.pivots_matrix;
  if (mine) {
    for (var i = local.y; i < p.n; i += ROWS) {
      x[x_at + i * p.columns] = b[p.b_at + matrix * p.b_matrix + i * p.b_row + column * p.b_column];
    }
  }
  storageBarrier();
  // Exchanges are a chain, so one thread follows it for its column.
  let alone = mine && local.y == 0u;
  let t_at = p.t_at + matrix * p.t_matrix;
  if (p.transpose != 0u) {
    // Aᵀ = Uᵀ Lᵀ P
    substitute(Triangle(t_at, p.t_column, p.t_row, p.n, true, false), x_at, p.columns, mine, local.y);
    substitute(Triangle(t_at, p.t_column, p.t_row, p.n, false, true), x_at, p.columns, mine, local.y);
    if (alone) {
      for (var i = i32(p.n) - 1; i >= 0; i--) {
        exchange(x_at, u32(i), pivots[pivots_at + u32(i)]);
      }
    }
  } else {
    if (alone) {
      for (var i = 0u; i < p.n; i++) {
        exchange(x_at, i, pivots[pivots_at + i]);
      }
    }
    storageBarrier();
    substitute(Triangle(t_at, p.t_row, p.t_column, p.n, true, true), x_at, p.columns, mine, local.y);
    substitute(Triangle(t_at, p.t_row, p.t_column, p.n, false, false), x_at, p.columns, mine, local.y);
  }
}
