// Gradient of a convolution by its weights as an implicit GEMM: for each group dW (O/g × C/g · taps) = dY (O/g × outputs of all images) ·
// columnsᵀ.
// Outputs are many and weights few, so k is cut into SPLITS parts, whose sums sum_partials.wgsl adds up; where there is one, it is written
// straight to dW.
// Shared memory: DEPTH × (TILE_M + TILE_N + 8) × 4 B, and 16 B a column: 9.5 KiB at 64 × 64, DEPTH 16.
//! use grid convolution register_tile
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

// What the tap of each column of dW adds to the place of an output: elements, rows, columns.
var<workgroup> taps: array<vec3<i32>, TILE_N>;
// Of the next outputs, the first element that each looks at: in the images, its row, its column; and where the output is.
var<workgroup> places: array<vec4<i32>, DEPTH>;

// The parts lie one behind the other. No epilogue ever follows.
fn finish(i: u32, value: f32) {
  if (SPLITS == 1) {
    y[p.y_at + i] = value;
  } else {
    scratch[i] = value;
  }
}

fn tap_of(column: u32, columns: u32) -> vec3<i32> {
  let size = u32(p.kernel_height * p.kernel_width);
  let channel = i32(column / size);
  let tap = i32(column % size);
  let down = tap / p.kernel_width * p.dilation_y;
  let across = tap % p.kernel_width * p.dilation_x;
  return vec3<i32>((channel * p.height + down) * p.width + across, select(OUTSIDE, down, column < columns), across);
}

fn place_of(k: u32, end: u32, first_channel: i32, first_row: i32) -> vec4<i32> {
  let area = p.out_height * p.out_width;
  let image = i32(k) / area;
  let output = i32(k) % area;
  let top = output / p.out_width * p.stride_y - p.padding_y;
  let left = output % p.out_width * p.stride_x - p.padding_x;
  let base = ((image * p.channels + first_channel) * p.height + top) * p.width + left;
  return vec4<i32>(base, select(OUTSIDE, top, k < end), left, (image * p.filters + first_row) * area + output);
}

fn pixel(at: vec3<i32>) -> f32 {
  if (u32(at.y) < u32(p.height) && u32(at.z) < u32(p.width)) {
    return x[p.a_at + u32(at.x)];
  }
  return 0.0;
}

fn cotangent(row: u32, rows: u32, at: u32, k: u32, end: u32) -> f32 {
  if (row < rows && k < end) {
    return dy[p.b_at + at + row * u32(p.out_height * p.out_width)];
  }
  return 0.0;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let own = p.channels / p.groups;
  let rows = u32(p.filters / p.groups);
  let columns = u32(own * p.kernel_height * p.kernel_width);
  let depth = u32(p.images * p.out_height * p.out_width);
  let part = (depth + SPLITS * DEPTH - 1u) / (SPLITS * DEPTH) * DEPTH;
  let tiles_m = (rows + TILE_M - 1u) / TILE_M;
  let tiles_n = (columns + TILE_N - 1u) / TILE_N;
  let flat = flat_group(group, groups);
  let row0 = flat % tiles_m * TILE_M;
  let col0 = flat / tiles_m % tiles_n * TILE_N;
  let g = flat / tiles_m / tiles_n % u32(p.groups);
  let split = flat / tiles_m / tiles_n / u32(p.groups);
  if (split >= SPLITS) {
    return;
  }
  let begin = split * part;
  let end = min(begin + part, depth);
  let first_channel = i32(g) * own;
  let first_row = i32(g * rows);
  for (var i = lane; i < TILE_N; i += THREADS) {
    taps[i] = tap_of(col0 + i, columns);
  }
  if (lane < DEPTH) {
    places[lane] = place_of(begin + lane, end, first_channel, first_row);
  }
  workgroupBarrier();
  var sums: Sums;
  for (var k0 = begin; k0 < end; k0 += DEPTH) {
    // Neighbouring threads read neighbouring outputs of a plane.
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = i % DEPTH;
      let quad = i / DEPTH;
      let row = row0 + 4u * quad;
      let at = u32(places[k].w);
      tile_a[k * PITCH_A + quad] = vec4<f32>(
        cotangent(row, rows, at, k0 + k, end),
        cotangent(row + 1u, rows, at, k0 + k, end),
        cotangent(row + 2u, rows, at, k0 + k, end),
        cotangent(row + 3u, rows, at, k0 + k, end),
      );
    }
    for (var i = lane; i < DEPTH * THREADS_N; i += THREADS) {
      let k = i % DEPTH;
      let slot = i / DEPTH;
      let place = places[k].xyz;
      tile_b[k * PITCH_B + slot] = vec4<f32>(
        pixel(place + taps[slot]),
        pixel(place + taps[slot + THREADS_N]),
        pixel(place + taps[slot + 2u * THREADS_N]),
        pixel(place + taps[slot + 3u * THREADS_N]),
      );
    }
    workgroupBarrier();
    if (lane < DEPTH) {
      places[lane] = place_of(k0 + DEPTH + lane, end, first_channel, first_row);
    }
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let column = col0 + lane % THREADS_N;
  let at = vec4<u32>(column, column + THREADS_N, column + 2u * THREADS_N, column + 3u * THREADS_N);
  let to = at + (split * u32(p.filters) + g * rows) * columns;
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, rows, select(vec4<u32>(NOWHERE), to, at < vec4<u32>(columns)), columns);
}
