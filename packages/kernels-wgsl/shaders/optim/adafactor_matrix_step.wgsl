// Fifth pass of adafactor_matrix: the factors of the step.
//! use adafactor_matrix squares
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let size = norm_of(sum_of_parts(lane, 0u, row_groups()));
  let length = norm_of(sum_of_parts(lane, row_groups(), row_groups()));
  if (lane == 0u) {
    let root = sqrt(f32(all_rows()) * f32(p.columns));
    let factors = step_factors(size / root, length / root);
    scratch[factors_at()] = factors.x;
    scratch[factors_at() + 1u] = factors.y;
  }
}
