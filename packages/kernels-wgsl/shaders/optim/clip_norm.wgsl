// Last pass of clip_norm: the global norm of the gradients, and the factor that brings it down to a limit (Pascanu, Mikolov and Bengio
// 2013; PyTorch's clip_grad_norm_, which adds 1e-6 to the norm).
//! use clip_norm squares step_scalars
@group(0) @binding(1) var<storage, read_write> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let norm = norm_of(sum_of_parts(lane, 0u, chunks_of(p.n)));
  if (lane == 0u) {
    let factor = p.limit / (norm + 1e-6);
    scalars[p.scalars_at + GRADIENT_NORM] = norm;
    // In this order a norm that is not a number makes a factor that is none either.
    scalars[p.scalars_at + GRADIENT_SCALE] = select(factor, 1.0, factor > 1.0);
  }
}
