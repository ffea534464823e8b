// Rotary position embedding of rows (J. Su et al. 2021, arXiv:2104.09864), a thread an element; `back` turns the other way. A position
// outside the tables gives zeros.
//! use grid
struct Params {
  y_at: u32,
  x_at: u32,
  positions_at: u32,
  cosines_at: u32,
  sines_at: u32,
  rows: u32,
  n: u32,
  half: u32,
  extent: u32,
  interleaved: u32,
  back: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<i32>;
@group(0) @binding(4) var<storage, read> cosines: array<f32>;
@group(0) @binding(5) var<storage, read> sines: array<f32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.n) {
    return;
  }
  let row = i / p.n;
  let c = i % p.n;
  let position = u32(positions[p.positions_at + row]);
  if (position >= p.extent) {
    fault[0] = 1u;
    y[p.y_at + i] = 0.0;
    return;
  }
  var value = x[p.x_at + i];
  if (c < 2u * p.half) {
    let interleaved = p.interleaved != 0u;
    let upper = select(c >= p.half, (c & 1u) != 0u, interleaved);
    let pair = select(select(c, c - p.half, upper), c >> 1u, interleaved);
    let apart = select(p.half, 1u, interleaved);
    let partner = x[p.x_at + select(i + apart, i - apart, upper)];
    let at = position * p.half + pair;
    let sine = sines[p.sines_at + at];
    value = value * cosines[p.cosines_at + at] + partner * select(-sine, sine, upper != (p.back != 0u));
  }
  y[p.y_at + i] = value;
}
