// One step of an LSTM from its pre-activations (i, f, g, o), a thread a unit: c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'). States are h | c; what the
// gradient needs is saved as i | f | g | o | c | tanh c'.
//! use grid sigmoid tanh
struct Params {
  next_at: u32,
  saved_at: u32,
  pre_at: u32,
  state_at: u32,
  rows: u32,
  units: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> next: array<f32>;
@group(0) @binding(2) var<storage, read_write> saved: array<f32>;
@group(0) @binding(3) var<storage, read> pre: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.units) {
    return;
  }
  let row = i / p.units;
  // Gates lie side by side: gate g of n is at (n row + g) units + unit.
  let unit = i - row * p.units;
  let pre_first = p.pre_at + 4u * row * p.units + unit;
  let state_first = p.state_at + 2u * row * p.units + unit;
  let next_first = p.next_at + 2u * row * p.units + unit;
  let saved_first = p.saved_at + 6u * row * p.units + unit;
  let input_gate = sigmoid_own(pre[pre_first]);
  let forget_gate = sigmoid_own(pre[pre_first + p.units]);
  let candidate = tanh_own(pre[pre_first + 2u * p.units]);
  let output_gate = sigmoid_own(pre[pre_first + 3u * p.units]);
  let before = state[state_first + p.units];
  let cell = forget_gate * before + input_gate * candidate;
  let y = tanh_own(cell);
  next[next_first] = output_gate * y;
  next[next_first + p.units] = cell;
  saved[saved_first] = input_gate;
  saved[saved_first + p.units] = forget_gate;
  saved[saved_first + 2u * p.units] = candidate;
  saved[saved_first + 3u * p.units] = output_gate;
  saved[saved_first + 4u * p.units] = before;
  saved[saved_first + 5u * p.units] = y;
}
