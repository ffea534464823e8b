// Between gradients and update: puts the loss of the step into a ring, sets the step's learning rate from a table and the gradients' factor
// to 1, and stops the job where the loss is not finite, before any parameter changes. Ring and table are indexed by step modulo their
// length. The loss is moved as bits, which no rule about NaN applies to.
//! use step_scalars
struct Params {
  scalars_at: u32,
  ring_at: u32,
  loss_at: u32,
  rates_at: u32,
  loss_type: u32,
  entries: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> scalars: array<f32>;
@group(0) @binding(2) var<storage, read_write> ring: array<u32>;
@group(0) @binding(3) var<storage, read> loss: array<u32>;
@group(0) @binding(4) var<storage, read> rates: array<f32>;

@compute @workgroup_size(1)
fn main() {
  let bits = loss[p.loss_at];
  let entry = u32(step_scalar(STEP)) % p.entries;
  ring[p.ring_at + entry] = bits;
  scalars[p.scalars_at + LAST_LOSS] = bitcast<f32>(bits);
  scalars[p.scalars_at + LEARNING_RATE] = rates[p.rates_at + entry];
  // Another program over the same parameters may have clipped.
  scalars[p.scalars_at + GRADIENT_SCALE] = 1.0;
  // All ones in the exponent: infinity or NaN.
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    scalars[p.scalars_at + STOPPED] = 1.0;
  }
}
