// Second pass of adafactor_vector: the factors of the step, behind the parts in `scratch`.
//! use adafactor_vector squares
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let chunks = chunks_of(p.n);
  let size = norm_of(sum_of_parts(lane, 0u, chunks));
  let length = norm_of(sum_of_parts(lane, chunks, chunks));
  if (lane == 0u) {
    let root = sqrt(f32(p.n));
    let factors = step_factors(size / root, length / root);
    scratch[4u * chunks] = factors.x;
    scratch[4u * chunks + 1u] = factors.y;
  }
}
