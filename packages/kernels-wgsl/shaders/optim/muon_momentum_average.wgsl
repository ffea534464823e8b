// First pass of muon_momentum: the momentum, the update made of it, and the squares of each chunk of updates.
//! use averages grid muon_momentum squares step_scalars
@group(0) @binding(1) var<storage, read_write> momentum: array<f32>;
@group(0) @binding(2) var<storage, read_write> updates: array<f32>;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = flat_group(group, groups);
  if (stopped() || chunk * CHUNK >= p.n) {
    return;
  }
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh = complement(p.beta, p.beta_low);
  var sum = vec2(0.0);
  for (var i = chunk * CHUNK + lane; i < min(p.n, (chunk + 1u) * CHUNK); i += 256u) {
    let g = gradients[p.gradients_at + i] * scale;
    let average = p.beta * momentum[p.momentum_at + i] + fresh * g;
    let update = select(average, p.beta * average + fresh * g, p.nesterov != 0u);
    momentum[p.momentum_at + i] = average;
    updates[p.update_at + i] = update;
    sum += square_of(update);
  }
  sum = group_sum(lane, sum);
  if (lane == 0u) {
    store_part(chunk, sum);
  }
}
