// Linear systems with triangles: a workgroup takes COLUMNS systems of one matrix, ROWS threads share each.
//! use grid substitute
struct Params {
  x_at: u32,
  t_at: u32,
  b_at: u32,
  matrices: u32,
  n: u32,
  systems: u32,
  t_matrix: u32,
  t_row: u32,
  t_column: u32,
  lower: u32,
  unit: u32,
  b_matrix: u32,
  b_unknown: u32,
  b_system: u32,
  x_unknown: u32,
  x_system: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

@compute @workgroup_size(COLUMNS, ROWS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let flat = flat_group(group, groups);
  let blocks = max((p.systems + COLUMNS - 1u) / COLUMNS, 1u);
  let matrix = flat / blocks;
  let system = flat % blocks * COLUMNS + local.x;
  let mine = matrix < p.matrices && system < p.systems;
  let x_at = p.x_at + matrix * p.n * p.systems + system * p.x_system;
  if (mine) {
    for (var i = local.y; i < p.n; i += ROWS) {
      x[x_at + i * p.x_unknown] = b[p.b_at + matrix * p.b_matrix + i * p.b_unknown + system * p.b_system];
    }
  }
  storageBarrier();
  let triangle = Triangle(p.t_at + matrix * p.t_matrix, p.t_row, p.t_column, p.n, p.lower != 0u, p.unit != 0u);
  substitute(triangle, x_at, p.x_unknown, mine, local.y);
}
