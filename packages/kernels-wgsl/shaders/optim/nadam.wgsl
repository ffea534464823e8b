// NAdam (Dozat 2016, "Incorporating Nesterov Momentum into Adam") as PyTorch has it. Factors of gradient and momentum come from
// nadam_momenta.
//! use averages grid nadam step_scalars
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let of_gradient = scratch[0];
  let of_momentum = scratch[1];
  let fresh1 = complement(p.beta1, p.beta1_low);
  let fresh2 = complement(p.beta2, p.beta2_low);
  let root_correction = 1.0 / sqrt(bias_correction(p.beta2, p.beta2_low, step_scalar(STEP) + 1.0));
  let shrink = select(1.0, 1.0 - lr * p.weight_decay, p.decoupled != 0u);
  let coupled = select(p.weight_decay, 0.0, p.decoupled != 0u);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + coupled * x;
    let first_moment = p.beta1 * m[p.m_at / 4u + i] + fresh1 * g;
    let second_moment = p.beta2 * v[p.v_at / 4u + i] + fresh2 * (g * g);
    m[p.m_at / 4u + i] = first_moment;
    v[p.v_at / 4u + i] = second_moment;
    let root = sqrt(second_moment) * root_correction + p.eps;
    params[p.params_at / 4u + i] = x * shrink - (of_gradient * g + of_momentum * first_moment) / root;
  }
}
