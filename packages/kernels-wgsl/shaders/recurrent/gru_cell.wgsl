// One step of a GRU from the input's and the state's shares of its pre-activations (r, z, n), a thread a unit: r = σ(x_r + h_r), z = σ(x_z + h_z),
// n = tanh(x_n + r h_n), h' = n + z (h − n). What the gradient needs is saved as r | z | n | h_n | h.
//! use grid sigmoid tanh
struct Params {
  next_at: u32,
  saved_at: u32,
  input_at: u32,
  hidden_at: u32,
  state_at: u32,
  rows: u32,
  units: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> next: array<f32>;
@group(0) @binding(2) var<storage, read_write> saved: array<f32>;
@group(0) @binding(3) var<storage, read> input: array<f32>;
@group(0) @binding(4) var<storage, read> hidden: array<f32>;
@group(0) @binding(5) var<storage, read> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.units) {
    return;
  }
  let row = i / p.units;
  // Gates lie side by side: gate g of n is at (n row + g) units + unit.
  let unit = i - row * p.units;
  let input_first = p.input_at + 3u * row * p.units + unit;
  let hidden_first = p.hidden_at + 3u * row * p.units + unit;
  let saved_first = p.saved_at + 5u * row * p.units + unit;
  let r = sigmoid_own(input[input_first] + hidden[hidden_first]);
  let z = sigmoid_own(input[input_first + p.units] + hidden[hidden_first + p.units]);
  let share = hidden[hidden_first + 2u * p.units];
  let n = tanh_own(input[input_first + 2u * p.units] + r * share);
  let before = state[p.state_at + i];
  next[p.next_at + i] = n + z * (before - n);
  saved[saved_first] = r;
  saved[saved_first + p.units] = z;
  saved[saved_first + 2u * p.units] = n;
  saved[saved_first + 3u * p.units] = share;
  saved[saved_first + 4u * p.units] = before;
}
