// What becomes of an element of a slab in a forward pass: normalised, scaled by `weight`, moved by `bias`, stored in `y`. There are no slopes.
fn slope(at: u32, channel: u32) -> f32 {
  return 0.0;
}

fn write(at: u32, channel: u32, moments: Moments) {
  var value = scaled(at, channel, moments);
  if (p.has_bias != 0u) {
    value += bias[p.bias_at + channel];
  }
  y[p.y_at + at] = value;
}
