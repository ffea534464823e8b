// Counter-based permutations, the engine's random.ts to the bit: a balanced Feistel network (M. Luby and C. Rackoff 1988) on the smallest
// even number of bits that holds n, walked until the image falls below n (J. Black and P. Rogaway 2002).

// C. Wellons' lowbias32, a bijective mixer of 32 bits.
fn mix_bits(value: u32) -> u32 {
  var x = value ^ (value >> 16u);
  x *= 0x7feb352du;
  x ^= x >> 15u;
  x *= 0x846ca68bu;
  return x ^ (x >> 16u);
}

// Image of i in a permutation of 0 … n − 1 that the key chooses; i < n.
fn permute(i: u32, n: u32, key: vec2<u32>) -> u32 {
  if (n <= 1u) {
    return 0u;
  }
  // Narrower halves than of three bits do not reach all orders evenly.
  let half = max((33u - countLeadingZeros(n - 1u)) >> 1u, 3u);
  let mask = (1u << half) - 1u;
  var x = i;
  loop {
    var left = x >> half;
    var right = x & mask;
    for (var round = 0u; round < 8u; round++) {
      let round_key = select(key.x, key.y, (round & 1u) == 1u) + round * 0x9e3779b9u;
      let next = left ^ (mix_bits(right ^ mix_bits(round_key)) & mask);
      left = right;
      right = next;
    }
    x = (left << half) | right;
    if (x < n) {
      break;
    }
  }
  return x;
}
