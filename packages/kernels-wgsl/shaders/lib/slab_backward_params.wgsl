// Words and operands of the gradients of batchNorm and groupNorm.
struct Params {
  dx_at: u32,
  dweight_at: u32,
  dbias_at: u32,
  x_at: u32,
  dy_at: u32,
  extra_at: u32,
  weight_at: u32,
  units: u32,
  slabs: u32,
  span: u32,
  unit_stride: u32,
  slab_stride: u32,
  groups: u32,
  group_channels: u32,
  channel_step: u32,
  has_weight: u32,
  has_extra: u32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(3) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> extra: array<f32>;
@group(0) @binding(7) var<storage, read> weight: array<f32>;
