// Gradients by rotated rows into those by the rows themselves: the rotation's transpose.
//! use attention
struct BackTurn {
  // The pair's elements
  at: vec2<u32>,
  cosine: f32,
  sine: f32,
}

fn back_turn(pair: u32, position: u32) -> BackTurn {
  let half = rotated_half();
  let at = pair_at(position, pair);
  let elements = select(vec2<u32>(pair, pair + half), vec2<u32>(2u * pair, 2u * pair + 1u), has(INTERLEAVED));
  return BackTurn(elements, bitcast<f32>(scratch[at]), bitcast<f32>(scratch[at + 1u]));
}

fn turned_back(turn: BackTurn, a: f32, b: f32) -> vec2<f32> {
  return vec2<f32>(a * turn.cosine + b * turn.sine, b * turn.cosine - a * turn.sine);
}
