// Gradients of batchNorm in training by x, weight and bias. With x̂ the normalised element and g = dy of a channel of weight w:
// dx = w (g − mean g − x̂ · mean(g x̂)) / σ, dweight = Σ g x̂, dbias = Σ g; `extra` is added to dx.
//! use grid plain_element slab_backward_params slabs

fn slope(at: u32, channel: u32) -> f32 {
  return dy[p.dy_at + at];
}

fn settle(unit: u32, moments: Moments) {
  dweight[p.dweight_at + unit] = moments.products * inverse_of(moments);
  dbias[p.dbias_at + unit] = moments.slopes;
}

// dx of one element.
fn write(at: u32, channel: u32, moments: Moments) {
  let count = f32(unit_length());
  let inverse = inverse_of(moments);
  let normal = ((element(at) - moments.shift) - moments.rest) * inverse;
  let product = normal * (moments.products * inverse / count);
  var value = weight_of(channel) * inverse * ((dy[p.dy_at + at] - moments.slopes / count) - product);
  if (p.has_extra != 0u) {
    value += extra[p.extra_at + at];
  }
  dx[p.dx_at + at] = value;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_slabs(flat_group(group, groups), thread);
}
