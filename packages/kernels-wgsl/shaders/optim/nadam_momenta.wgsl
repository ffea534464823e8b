// First pass of NAdam: the factors of gradient and momentum at this step, under PyTorch's schedule of momenta
// μ_t = β1 (1 − ½ · fadeᵗ), fade = 0.96^momentum_decay. The product of all momenta so far is no state of its own.
//! use averages exp nadam step_scalars
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

// From here on 1 − Π μ is 1.
const LEAST_LOG = -18.0;

@compute @workgroup_size(1)
fn main() {
  let t = step_scalar(STEP) + 1.0;
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let log_beta = log_of_rate(p.beta1, p.beta1_low);
  let log_fade = log_of_rate(p.fade, p.fade_low);
  // Later factors 1 − ½ · fadeⁱ are no part of the product: together they are 1 − ½ · fadeⁱ / (1 − fade).
  let faded = 1e-8 * complement(p.fade, p.fade_low);
  // Logarithm of Π (1 − ½ · fadeⁱ). Some 20 factors suffice where the momenta fade slowly, and 700 at the most.
  var halves = 0.0;
  for (var i = 1.0; i <= t && halves + i * log_beta > LEAST_LOG; i += 1.0) {
    let rest = exp_own(i * log_fade);
    if (rest < faded) {
      break;
    }
    halves += log1p_own(-0.5 * rest);
  }
  let log_product = max(halves + t * log_beta, LEAST_LOG);
  let half_now = 0.5 * exp_own(t * log_fade);
  let next = p.beta1 * (1.0 - 0.5 * exp_own((t + 1.0) * log_fade));
  // 1 − μ_t without cancellation, and so for the products.
  let rest_now = complement(p.beta1, p.beta1_low) + p.beta1 * half_now;
  scratch[0] = lr * rest_now / -expm1_own(log_product);
  let rest_next = complement(p.beta1, p.beta1_low) + p.beta1 * (0.5 * exp_own((t + 1.0) * log_fade));
  scratch[1] = lr * next / (rest_next - next * expm1_own(log_product));
}
