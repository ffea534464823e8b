// Words and operands of layerNorm and rmsNorm of a sum.
//! use residual_element row_norm
struct Params {
  sum_at: u32,
  y_at: u32,
  x_at: u32,
  residual_at: u32,
  weight_at: u32,
  bias_at: u32,
  rows: u32,
  n: u32,
  has_weight: u32,
  has_bias: u32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sum: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
