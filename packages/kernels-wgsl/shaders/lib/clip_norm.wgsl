// Words of clip_norm, for both of its passes.
struct Params {
  scalars_at: u32,
  gradients_at: u32,
  n: u32,
  limit: f32,
  limit_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
