// Words of batchNorm of a sum, for both of its shaders.
struct Params {
  sum_at: u32,
  y_at: u32,
  mean_at: u32,
  variance_at: u32,
  x_at: u32,
  residual_at: u32,
  weight_at: u32,
  bias_at: u32,
  units: u32,
  slabs: u32,
  span: u32,
  unit_stride: u32,
  slab_stride: u32,
  groups: u32,
  group_channels: u32,
  channel_step: u32,
  has_weight: u32,
  has_bias: u32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
