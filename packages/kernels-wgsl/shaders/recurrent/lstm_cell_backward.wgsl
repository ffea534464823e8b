// Gradient of lstm_cell from what it saved (i | f | g | o | c | tanh c'), a thread a unit: of the pre-activations, and of the cell before the step.
//! use grid
struct Params {
  d_pre_at: u32,
  d_before_at: u32,
  saved_at: u32,
  outside_at: u32,
  d_hidden_at: u32,
  d_cell_at: u32,
  rows: u32,
  units: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> d_pre: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_before: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<f32>;
@group(0) @binding(4) var<storage, read> outside: array<f32>;
@group(0) @binding(5) var<storage, read> d_hidden: array<f32>;
@group(0) @binding(6) var<storage, read> d_cell: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.units) {
    return;
  }
  let row = i / p.units;
  // Gates lie side by side: gate g of n is at (n row + g) units + unit.
  let unit = i - row * p.units;
  let saved_first = p.saved_at + 6u * row * p.units + unit;
  let outside_first = p.outside_at + 2u * row * p.units + unit;
  let d_pre_first = p.d_pre_at + 4u * row * p.units + unit;
  let input_gate = saved[saved_first];
  let forget_gate = saved[saved_first + p.units];
  let candidate = saved[saved_first + 2u * p.units];
  let output_gate = saved[saved_first + 3u * p.units];
  let before = saved[saved_first + 4u * p.units];
  let y = saved[saved_first + 5u * p.units];
  let dh = outside[outside_first] + d_hidden[p.d_hidden_at + i];
  let dc = outside[outside_first + p.units] + d_cell[p.d_cell_at + i] + dh * output_gate * (1.0 - y * y);
  d_pre[d_pre_first] = dc * candidate * (input_gate * (1.0 - input_gate));
  d_pre[d_pre_first + p.units] = dc * before * (forget_gate * (1.0 - forget_gate));
  d_pre[d_pre_first + 2u * p.units] = dc * input_gate * (1.0 - candidate * candidate);
  d_pre[d_pre_first + 3u * p.units] = dh * y * (output_gate * (1.0 - output_gate));
  d_before[p.d_before_at + i] = dc * forget_gate;
}
