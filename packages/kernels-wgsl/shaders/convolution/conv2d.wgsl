// Convolution of images (n, C, H, W) by (O, C/groups, kh, kw) as an implicit GEMM (Chetlur et al., cuDNN, 2014): for each group Y (O/g ×
// outputs of all images) = W · columns, where the columns are gathered from the images on their way into shared memory and are nowhere
// else.
// Shared memory: DEPTH × (TILE_M + TILE_N + 8) × 4 B = 8.5 KiB at 64 × 64, DEPTH 16. Global memory: 0.0625 bytes a FLOP there, less what
// caches hold.
//! use grid convolution register_tile
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;

// Of the next steps of k, what a tap adds to the place of a column: elements, rows, columns.
var<workgroup> taps: array<vec3<i32>, DEPTH>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn tap_of(k: u32, depth: u32) -> vec3<i32> {
  let size = u32(p.kernel_height * p.kernel_width);
  let channel = i32(k / size);
  let tap = i32(k % size);
  let down = tap / p.kernel_width * p.dilation_y;
  let across = tap % p.kernel_width * p.dilation_x;
  return vec3<i32>((channel * p.height + down) * p.width + across, select(OUTSIDE, down, k < depth), across);
}

// The first element that an output looks at, in the images and in its plane.
fn place_of(column: u32, columns: u32, first_channel: i32) -> vec3<i32> {
  let area = u32(p.out_height * p.out_width);
  let image = i32(column / area);
  let output = i32(column % area);
  let top = output / p.out_width * p.stride_y - p.padding_y;
  let left = output % p.out_width * p.stride_x - p.padding_x;
  let base = ((image * p.channels + first_channel) * p.height + top) * p.width + left;
  return vec3<i32>(base, select(OUTSIDE, top, column < columns), left);
}

// The first row's element of a column, in the output.
fn output_of(column: u32, columns: u32, first_row: u32) -> u32 {
  let area = u32(p.out_height * p.out_width);
  return select(NOWHERE, (column / area * u32(p.filters) + first_row) * area + column % area, column < columns);
}

fn pixel(at: vec3<i32>) -> f32 {
  if (u32(at.y) < u32(p.height) && u32(at.z) < u32(p.width)) {
    return x[p.a_at + u32(at.x)];
  }
  return 0.0;
}

fn weight(row: u32, rows: u32, first: u32, k: u32, depth: u32) -> f32 {
  if (row < rows && k < depth) {
    return w[p.b_at + first + row * depth + k];
  }
  return 0.0;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let own = p.channels / p.groups;
  let rows = u32(p.filters / p.groups);
  let area = u32(p.out_height * p.out_width);
  let columns = u32(p.images) * area;
  let depth = u32(own * p.kernel_height * p.kernel_width);
  let tiles_m = (rows + TILE_M - 1u) / TILE_M;
  let tiles_n = (columns + TILE_N - 1u) / TILE_N;
  // Tiles of the same columns are neighbours, so that a cache still holds what they gather.
  let flat = flat_group(group, groups);
  let row0 = flat % tiles_m * TILE_M;
  let col0 = flat / tiles_m % tiles_n * TILE_N;
  let g = flat / tiles_m / tiles_n;
  if (g >= u32(p.groups)) {
    return;
  }
  let slot = lane % THREADS_N;
  let first_row = g * rows;
  let first_channel = i32(g) * own;
  let place0 = place_of(col0 + slot, columns, first_channel);
  let place1 = place_of(col0 + slot + THREADS_N, columns, first_channel);
  let place2 = place_of(col0 + slot + 2u * THREADS_N, columns, first_channel);
  let place3 = place_of(col0 + slot + 3u * THREADS_N, columns, first_channel);
  if (lane < DEPTH) {
    taps[lane] = tap_of(lane, depth);
  }
  workgroupBarrier();
  var sums: Sums;
  for (var k0 = 0u; k0 < depth; k0 += DEPTH) {
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = i % DEPTH;
      let quad = i / DEPTH;
      let row = row0 + 4u * quad;
      let first = first_row * depth;
      tile_a[k * PITCH_A + quad] = vec4<f32>(
        weight(row, rows, first, k0 + k, depth),
        weight(row + 1u, rows, first, k0 + k, depth),
        weight(row + 2u, rows, first, k0 + k, depth),
        weight(row + 3u, rows, first, k0 + k, depth),
      );
    }
    for (var k = lane / THREADS_N; k < DEPTH; k += THREADS_M) {
      let tap = taps[k];
      tile_b[k * PITCH_B + slot] = vec4<f32>(pixel(place0 + tap), pixel(place1 + tap), pixel(place2 + tap), pixel(place3 + tap));
    }
    workgroupBarrier();
    if (lane < DEPTH) {
      taps[lane] = tap_of(k0 + DEPTH + lane, depth);
    }
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let to = vec4<u32>(
    output_of(col0 + slot, columns, first_row),
    output_of(col0 + slot + THREADS_N, columns, first_row),
    output_of(col0 + slot + 2u * THREADS_N, columns, first_row),
    output_of(col0 + slot + 3u * THREADS_N, columns, first_row),
  );
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, rows, to, area);
}
