// Words of muon_momentum, for all of its passes.
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
