// Second pass of LAMB: the rate times the norm of the parameter over that of the direction, behind the parts in `scratch`.
//! use lamb squares
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let chunks = chunks_of(p.n);
  let size = norm_of(sum_of_parts(lane, 0u, chunks));
  let length = norm_of(sum_of_parts(lane, chunks, chunks));
  if (lane == 0u) {
    var trust = 1.0;
    if (size > 0.0 && length > 0.0) {
      trust = size / length;
    }
    scratch[4u * chunks] = step_scalar(LEARNING_RATE) * p.lr_scale * trust;
  }
}
