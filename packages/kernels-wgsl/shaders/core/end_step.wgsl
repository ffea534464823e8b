// Ends a training step that was not stopped: counts it and keys the random streams anew.
//! use step_scalars
struct Params {
  scalars_at: u32,
  random_at: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> scalars: array<f32>;
@group(0) @binding(2) var<storage, read_write> random: array<u32>;

@compute @workgroup_size(1)
fn main() {
  if (stopped()) {
    return;
  }
  // As f32 the count is exact up to 2^24.
  let step = step_scalar(STEP) + 1.0;
  scalars[p.scalars_at + STEP] = step;
  // Words 2 and 3 of the random state are the step's low and high half.
  random[p.random_at + 2u] = u32(step);
  random[p.random_at + 3u] = 0u;
}
