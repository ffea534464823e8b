// Gradient of gru_cell from what it saved (r | z | n | h_n | h), a thread a unit: of the input's share and of the state's share of the pre-activations, and
// of the state past its share.
//! use grid
struct Params {
  d_input_at: u32,
  d_hidden_at: u32,
  d_before_at: u32,
  saved_at: u32,
  outside_at: u32,
  later_at: u32,
  rows: u32,
  units: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> d_input: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_hidden: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_before: array<f32>;
@group(0) @binding(4) var<storage, read> saved: array<f32>;
@group(0) @binding(5) var<storage, read> outside: array<f32>;
@group(0) @binding(6) var<storage, read> later: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.units) {
    return;
  }
  let row = i / p.units;
  // Gates lie side by side: gate g of n is at (n row + g) units + unit.
  let unit = i - row * p.units;
  let saved_first = p.saved_at + 5u * row * p.units + unit;
  let d_input_first = p.d_input_at + 3u * row * p.units + unit;
  let d_hidden_first = p.d_hidden_at + 3u * row * p.units + unit;
  let r = saved[saved_first];
  let z = saved[saved_first + p.units];
  let n = saved[saved_first + 2u * p.units];
  let share = saved[saved_first + 3u * p.units];
  let before = saved[saved_first + 4u * p.units];
  let d = outside[p.outside_at + i] + later[p.later_at + i];
  let dn = d * (1.0 - z) * (1.0 - n * n);
  let dz = d * (before - n) * (z * (1.0 - z));
  let dr = dn * share * (r * (1.0 - r));
  d_input[d_input_first] = dr;
  d_input[d_input_first + p.units] = dz;
  d_input[d_input_first + 2u * p.units] = dn;
  d_hidden[d_hidden_first] = dr;
  d_hidden[d_hidden_first + p.units] = dz;
  d_hidden[d_hidden_first + 2u * p.units] = dn * r;
  d_before[p.d_before_at + i] = d * z;
}
