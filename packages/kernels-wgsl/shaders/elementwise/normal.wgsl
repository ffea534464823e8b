// Standard normal random numbers by element index (G. E. P. Box and M. E. Muller 1958): √(−2 log u) times cos and sin of 2πv, of words
// 0 and 1 of a block for elements 0 and 1, of words 2 and 3 for elements 2 and 3. The numbers of the engine's random.ts, which has them in
// float64, to a few ulp.
//! use double log log1p philox quotient trig
// π/2 · 2^-30, in two parts
const UNIT = 1.462918119976564e-09;
const UNIT_LOW = -4.070940428e-17;

fn normal_f32(i: u32, state: vec4<u32>, stream: u32) -> f32 {
  let block = random_block(i, state, stream);
  let pair = select(block.xy, block.zw, (i & 2u) != 0u);
  // u = (word + 1) 2^-32; near 1 by what it lacks, which is exact.
  let near = log1p_own(-f32(~pair.x) * 2.3283064365386963e-10);
  let far = log_own(f32(pair.x + 1u) * 2.3283064365386963e-10);
  let radius = root(abs(-2.0 * select(far, near, pair.x >= 0x80000000u)));
  // The nearest quarter turn, and what remains in units of 2^-32 turns.
  let quarters = (pair.y + 0x20000000u) >> 30u;
  let rest = bitcast<i32>(pair.y - (quarters << 30u));
  let upper = f32(rest & -256); // exact
  let r = rounded(upper * UNIT);
  let low = product_error(upper, UNIT, r) + (f32(rest & 255) * UNIT + upper * UNIT_LOW);
  let angle = Angle(r, low, quarters);
  return radius * sine_of(angle, select(1u, 0u, (i & 1u) != 0u));
}
