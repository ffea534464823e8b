// Gradients of groupNorm by x and, per sample, by weight and bias. With x̂ the normalised element and g = dy · weight:
// dx = (g − mean g − x̂ · mean(g x̂)) / σ, dweight = Σ dy x̂ and dbias = Σ dy over a channel of a sample, which another launch adds up;
// `extra` is added to dx.
// PASS 3, an item such a channel: those sums.
//! use grid plain_element slab_backward_params slabs

fn slope(at: u32, channel: u32) -> f32 {
  return dy[p.dy_at + at] * weight_of(channel);
}

fn settle(unit: u32, moments: Moments) {
}

// dx of one element.
fn write(at: u32, channel: u32, moments: Moments) {
  let count = f32(unit_length());
  let inverse = inverse_of(moments);
  let normal = ((element(at) - moments.shift) - moments.rest) * inverse;
  let product = normal * (moments.products * inverse / count);
  var value = inverse * ((slope(at, channel) - moments.slopes / count) - product);
  if (p.has_extra != 0u) {
    value += extra[p.extra_at + at];
  }
  dx[p.dx_at + at] = value;
}

fn channel_sums(slab: u32, thread: u32) {
  let slabs = p.units * p.slabs;
  let moments = scratch[unit_moments_at(min(slab, slabs - 1u) / p.group_channels)];
  let begin = slab * p.span;
  let end = select(begin, begin + p.span, slab < slabs);
  var sums = vec4<f32>(0.0);
  for (var i = begin + lane_of(thread); i < end; i += LANES) {
    let g = dy[p.dy_at + i];
    sums += vec4<f32>(g * ((x[p.x_at + i] - moments.shift) - moments.rest), g, 0.0, 0.0);
  }
  sums = merge_lanes(thread, sums);
  if (lane_of(thread) == 0u && slab < slabs) {
    dweight[p.dweight_at + slab] = sums.x * inverse_of(moments);
    dbias[p.dbias_at + slab] = sums.y;
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let flat = flat_group(group, groups);
  if (PASS == 3) {
    channel_sums(flat * SLOTS + slot_of(thread), thread);
  } else {
    normalise_slabs(flat, thread);
  }
}
