// Second pass of muon_momentum: the factor that brings the update to a Frobenius norm of 1, behind the parts in `scratch`.
//! use squares
struct Params {
  momentum_at: u32,
  update_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  nesterov: u32,
  beta: f32,
  beta_low: f32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let chunks = (p.n + 4095u) / 4096u;
  let norm = norm_of(sum_of_parts(lane, 0u, chunks));
  if (lane == 0u) {
    scratch[2u * chunks] = 1.0 / max(norm, p.eps);
  }
}
