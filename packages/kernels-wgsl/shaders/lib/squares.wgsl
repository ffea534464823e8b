// Norms of long arrays, by workgroups of 256 threads: each leaves the sum of its chunk in `scratch`, and one workgroup of a later pass adds
// these parts up, in an order that depends on their number alone.
// A sum of squares overflows no sooner than its root does (after J. L. Blue, "A Portable Fortran Program to Find the Euclidean Norm of a
// Vector", 1978): it is a pair, of which x collects values below 2^18 scaled by 2^30 and y all others scaled by 2^-80, so that there is
// room for 2^31 squares of either kind. Values below 2^-93 count as 0.
//! use chunks
const LEAST_LARGE = 262144.0;
const SMALL_SCALE = 1073741824.0;
const SMALL_UNSCALE = 9.313225746154785e-10;
const LARGE_SCALE = 8.271806125530277e-25;
const LARGE_UNSCALE = 1.2089258196146292e24;

fn square_of(x: f32) -> vec2<f32> {
  let large = abs(x) >= LEAST_LARGE;
  let scaled = x * select(SMALL_SCALE, LARGE_SCALE, large);
  let square = scaled * scaled;
  return select(vec2(square, 0.0), vec2(0.0, square), large);
}

// Of four values.
fn squares_of(x: vec4<f32>) -> vec2<f32> {
  let large = abs(x) >= vec4(LEAST_LARGE);
  let scaled = x * select(vec4(SMALL_SCALE), vec4(LARGE_SCALE), large);
  let squares = scaled * scaled;
  return vec2(dot(select(squares, vec4(0.0), large), vec4(1.0)), dot(select(vec4(0.0), squares, large), vec4(1.0)));
}

fn norm_of(sum: vec2<f32>) -> f32 {
  let small = sqrt(sum.x) * SMALL_UNSCALE;
  if (sum.y == 0.0) {
    return small;
  }
  // √(small² + large²)
  let large = sqrt(sum.y) * LARGE_UNSCALE;
  let longer = max(small, large);
  let ratio = min(small, large) / longer;
  return longer * sqrt(1.0 + ratio * ratio);
}

var<workgroup> parts: array<vec2<f32>, 256>;

// The sum over the workgroup, for all its threads.
fn group_sum(lane: u32, value: vec2<f32>) -> vec2<f32> {
  workgroupBarrier();
  parts[lane] = value;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  return parts[0];
}

fn store_part(i: u32, sum: vec2<f32>) {
  scratch[2u * i] = sum.x;
  scratch[2u * i + 1u] = sum.y;
}

// Sum of the parts first … first + count − 1. A thread adds them in blocks, so that rounding grows with the root of their number only.
const BLOCK = 32u;

fn sum_of_parts(lane: u32, first: u32, count: u32) -> vec2<f32> {
  var sum = vec2(0.0);
  for (var begin = lane; begin < count; begin += 256u * BLOCK) {
    var block = vec2(0.0);
    let end = min(begin + 256u * BLOCK, count);
    for (var i = begin; i < end; i += 256u) {
      block += vec2(scratch[2u * (first + i)], scratch[2u * (first + i) + 1u]);
    }
    sum += block;
  }
  return group_sum(lane, sum);
}
