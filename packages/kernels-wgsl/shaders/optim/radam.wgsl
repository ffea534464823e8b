// RAdam (Liu et al. 2020, arXiv 1908.03265) as PyTorch has it: plain momentum until the variance of the adaptive rate is tractable, eps
// before its correction.
//! use averages grid step_scalars
struct Params {
  params_at: u32,
  m_at: u32,
  v_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  decoupled: u32,
  beta1: f32,
  beta1_low: f32,
  beta2: f32,
  beta2_low: f32,
  eps: f32,
  eps_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;

// 1 + 2 / z − coth(z / 2) = 2 / z − 2 / (e^z − 1), z > 0: below 1 by the series of coth, whose next term is 4e-8 z⁹.
fn coth_gap(z: f32) -> f32 {
  let s = z * z;
  let near = 1.0 - z * (0.16666667 - s * (0.0027777778 - s * (6.613757e-5 - s * 1.6534392e-6)));
  let far = 2.0 / max(z, 1.0) - 2.0 / expm1_own(clamp(z, 1.0, 80.0));
  return select(far, near, z < 1.0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let t = step_scalar(STEP) + 1.0;
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh1 = complement(p.beta1, p.beta1_low);
  let fresh2 = complement(p.beta2, p.beta2_low);
  // PyTorch's longest = 2 / (1 − β2) − 1 and length = longest − 2t β2ᵗ / (1 − β2ᵗ). These are nearly equal at first; with z = −log β2 the
  // former is coth(z / 2) and the latter coth(z / 2) + t − t coth(tz / 2), whose large terms 2 / z cancel.
  let longest = 2.0 / fresh2 - 1.0;
  let z = -log_of_rate(p.beta2, p.beta2_low);
  let length = t * coth_gap(t * z) + (1.0 - coth_gap(z));
  let rectified = length > 5.0;
  var step = lr / bias_correction(p.beta1, p.beta1_low, t);
  if (rectified) {
    let rectifier = ((length - 4.0) * (length - 2.0) * longest) / ((longest - 4.0) * (longest - 2.0) * length);
    step *= sqrt(rectifier * bias_correction(p.beta2, p.beta2_low, t));
  }
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
    var update = step * first_moment;
    if (rectified) {
      update /= sqrt(second_moment) + p.eps;
    }
    params[p.params_at / 4u + i] = x * shrink - update;
  }
}
