// register_tile.wgsl in integers: TILE_M × TILE_N of C a workgroup, 32 bytes of k at a time. 48 bytes of shared memory for 256 operations.
//! use register_tile dot4
const TILE_WORDS = 8u;

alias Totals = array<vec4<i32>, 8>;

var<workgroup> rounded_tile: array<vec4<u32>, TILE_WORDS * PITCH_A>;
var<workgroup> weights: array<vec4<u32>, TILE_WORDS * PITCH_B>;

fn dot4_each(a: u32, b: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}

fn add_dots(totals: ptr<function, Totals>, lane: u32) {
  var a = lane / THREADS_N * 2u;
  var b = lane % THREADS_N;
  for (var k = 0u; k < TILE_WORDS; k++) {
    let upper = rounded_tile[a];
    let lower = rounded_tile[a + 1u];
    let right = weights[b];
    (*totals)[0] += dot4_each(upper.x, right);
    (*totals)[1] += dot4_each(upper.y, right);
    (*totals)[2] += dot4_each(upper.z, right);
    (*totals)[3] += dot4_each(upper.w, right);
    (*totals)[4] += dot4_each(lower.x, right);
    (*totals)[5] += dot4_each(lower.y, right);
    (*totals)[6] += dot4_each(lower.z, right);
    (*totals)[7] += dot4_each(lower.w, right);
    a += PITCH_A;
    b += PITCH_B;
  }
}

// A block's words of the rows from row0 on, one of four rows a thread; rows that A does not have are its last.
fn load_rounded(row0: u32, block: u32, lane: u32) {
  let word = lane % TILE_WORDS;
  let quad = lane / TILE_WORDS;
  let row = row0 + 4u * quad;
  let last = p.m - 1u;
  let at = block * TILE_WORDS + word;
  rounded_tile[word * PITCH_A + quad] = vec4<u32>(
    rounded_word(min(row, last), at),
    rounded_word(min(row + 1u, last), at),
    rounded_word(min(row + 2u, last), at),
    rounded_word(min(row + 3u, last), at),
  );
}
