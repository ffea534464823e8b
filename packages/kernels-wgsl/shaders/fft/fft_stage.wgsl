// One stage of the transform of rows too long for shared memory, of radix `points`, which is a whole transform there (see
// shaders/lib/fft_tile.wgsl, whose formula is this stage's with s = span): TILE / points neighbouring columns a workgroup. p.reads says
// what it reads: 0 the last stage's numbers, 1 the input, 2 the last stage's, filtered; p.writes what it writes: 0 the next stage's, 1 the
// output. Scratch storage holds two halves, of which it reads half p.half.
//! use grid fft_tile fft_ends
@group(0) @binding(13) var<storage, read_write> scratch: array<vec2<f32>>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let length = staged_length();
  let across = length / p.points;
  let columns = TILE / p.points;
  let first = flat_group(group, groups) * columns;
  let capacity = arrayLength(&scratch) / 2u;
  for (var i = lane; i < columns * p.points; i += 256u) {
    let column = first + i % columns;
    let row = column / across;
    let k = column - row * across + i / columns * across;
    var value = vec2<f32>(0.0);
    if (row < p.rows) {
      if (p.reads == 1u) {
        value = given(row, k);
      } else {
        value = scratch[p.half * capacity + row * length + k];
      }
      if (p.reads == 2u) {
        value = filtered(k, value);
      }
    }
    tile[i] = value;
  }
  let half = transform_tile(lane, p.points, columns, columns, across, 0u);
  for (var i = lane; i < columns * p.points; i += 256u) {
    // Neighbouring threads write neighbouring numbers: of the first stage those of one column, of others those of neighbouring columns.
    let t = select(i / columns, i % p.points, p.span == 1u);
    let c = select(i % columns, i / p.points, p.span == 1u);
    let column = first + c;
    let row = column / across;
    let at = column - row * across;
    let q = at % p.span;
    if (row < p.rows) {
      let value = product(tile[half + t * columns + c], root((at - q) * t));
      let k = q + (at - q) * p.points + t * p.span;
      if (p.writes == 0u) {
        scratch[(1u - p.half) * capacity + row * length + k] = value;
      } else if (k < output_length()) {
        let number = ended(k, value);
        deliver(row, k, number, number);
      }
    }
  }
}
