// Second pass of muon_momentum: the factor that brings the update to a Frobenius norm of 1, behind the parts in `scratch`.
//! use muon_momentum squares
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let chunks = chunks_of(p.n);
  let norm = norm_of(sum_of_parts(lane, 0u, chunks));
  if (lane == 0u) {
    scratch[2u * chunks] = 1.0 / max(norm, p.eps);
  }
}
