// Gradient of a convolution by its image, which is also the transposed convolution, as an implicit GEMM that gathers: dX (C/g × elements) =
// Wᵀ · what of dY the taps made of each element. Elements a stride apart have the same taps, so the planes are cut into stride × stride
// classes, each a product whose k runs over the taps it has and no others: no product with an inserted zero is ever made.
// Shared memory and bytes a FLOP as in conv2d.wgsl.
//! use grid convolution register_tile window_taps
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;

// Of the next steps of k, what a tap adds to the place of a column: elements, rows, columns; and where its weight is in those of a channel.
var<workgroup> taps: array<vec4<i32>, DEPTH>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn tap_of(k: u32, depth: u32, down: Taps, across: Taps) -> vec4<i32> {
  let size = u32(down.count * across.count);
  if (k >= depth) {
    return vec4<i32>(0, OUTSIDE, 0, 0);
  }
  let filter_row = i32(k / size);
  let tap = i32(k % size);
  let i = tap / across.count;
  let j = tap % across.count;
  let r = -i * down.back;
  let q = -j * across.back;
  let of_filter = p.channels / p.groups * p.kernel_height * p.kernel_width;
  let weight_at = filter_row * of_filter + (down.first + i * down.step) * p.kernel_width + across.first + j * across.step;
  return vec4<i32>((filter_row * p.out_height + r) * p.out_width + q, r, q, weight_at);
}

// Elements a stride apart from the first, which is in row h0 and column w0.
struct Class {
  h0: i32,
  w0: i32,
  width: u32,
  area: u32,
  columns: u32,
}

// The output that the class's first tap made of an element: in dY, its row, its column.
fn place_of(column: u32, plane: Class, first_filter: i32, row_origin: i32, column_origin: i32) -> vec3<i32> {
  let image = i32(column / plane.area);
  let top = i32(column % plane.area / plane.width) + row_origin;
  let left = i32(column % plane.area % plane.width) + column_origin;
  let base = ((image * p.filters + first_filter) * p.out_height + top) * p.out_width + left;
  return vec3<i32>(base, select(OUTSIDE, top, column < plane.columns), left);
}

fn element_of(column: u32, plane: Class, first_channel: i32) -> u32 {
  let image = i32(column / plane.area);
  let h = i32(column % plane.area / plane.width) * p.stride_y + plane.h0;
  let v = i32(column % plane.area % plane.width) * p.stride_x + plane.w0;
  return select(NOWHERE, u32(((image * p.channels + first_channel) * p.height + h) * p.width + v), column < plane.columns);
}

fn cotangent(at: vec3<i32>) -> f32 {
  if (u32(at.y) < u32(p.out_height) && u32(at.z) < u32(p.out_width)) {
    return dy[p.a_at + u32(at.x)];
  }
  return 0.0;
}

fn weight(row: u32, rows: u32, at: u32, k: u32, depth: u32) -> f32 {
  if (row < rows && k < depth) {
    return w[p.b_at + at + row * u32(p.kernel_height * p.kernel_width)];
  }
  return 0.0;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let own = p.filters / p.groups;
  let rows = u32(p.channels / p.groups);
  let tiles_m = (rows + TILE_M - 1u) / TILE_M;
  // The first class has the most elements; others leave tiles over.
  let most = p.images * ((p.height + p.stride_y - 1) / p.stride_y) * ((p.width + p.stride_x - 1) / p.stride_x);
  let tiles_n = (u32(most) + TILE_N - 1u) / TILE_N;
  let flat = flat_group(group, groups);
  let row0 = flat % tiles_m * TILE_M;
  let col0 = flat / tiles_m % tiles_n * TILE_N;
  let classes = u32(p.stride_y * p.stride_x);
  let class_number = i32(flat / tiles_m / tiles_n % classes);
  let g = flat / tiles_m / tiles_n / classes;
  let h0 = class_number / p.stride_x;
  let w0 = class_number % p.stride_x;
  let height = u32((p.height - h0 + p.stride_y - 1) / p.stride_y);
  let width = u32((p.width - w0 + p.stride_x - 1) / p.stride_x);
  let plane = Class(h0, w0, width, height * width, u32(p.images) * height * width);
  if (g >= u32(p.groups) || col0 >= plane.columns) {
    return;
  }
  let down = taps_on(h0 + p.padding_y, p.stride_y, p.dilation_y, p.kernel_height);
  let across = taps_on(w0 + p.padding_x, p.stride_x, p.dilation_x, p.kernel_width);
  let depth = u32(own * down.count * across.count);
  let slot = lane % THREADS_N;
  let first_filter = i32(g) * own;
  let first_channel = i32(g * rows);
  let place0 = place_of(col0 + slot, plane, first_filter, down.origin, across.origin);
  let place1 = place_of(col0 + slot + THREADS_N, plane, first_filter, down.origin, across.origin);
  let place2 = place_of(col0 + slot + 2u * THREADS_N, plane, first_filter, down.origin, across.origin);
  let place3 = place_of(col0 + slot + 3u * THREADS_N, plane, first_filter, down.origin, across.origin);
  if (lane < DEPTH) {
    taps[lane] = tap_of(lane, depth, down, across);
  }
  workgroupBarrier();
  let first_weight = u32(first_filter * (p.channels / p.groups) * p.kernel_height * p.kernel_width);
  var sums: Sums;
  for (var k0 = 0u; k0 < depth; k0 += DEPTH) {
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = i % DEPTH;
      let quad = i / DEPTH;
      let row = row0 + 4u * quad;
      let at = first_weight + u32(taps[k].w);
      tile_a[k * PITCH_A + quad] = vec4<f32>(
        weight(row, rows, at, k0 + k, depth),
        weight(row + 1u, rows, at, k0 + k, depth),
        weight(row + 2u, rows, at, k0 + k, depth),
        weight(row + 3u, rows, at, k0 + k, depth),
      );
    }
    for (var k = lane / THREADS_N; k < DEPTH; k += THREADS_M) {
      let tap = taps[k].xyz;
      tile_b[k * PITCH_B + slot] =
        vec4<f32>(cotangent(place0 + tap), cotangent(place1 + tap), cotangent(place2 + tap), cotangent(place3 + tap));
    }
    workgroupBarrier();
    if (lane < DEPTH) {
      taps[lane] = tap_of(k0 + DEPTH + lane, depth, down, across);
    }
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let to = vec4<u32>(
    element_of(col0 + slot, plane, first_channel),
    element_of(col0 + slot + THREADS_N, plane, first_channel),
    element_of(col0 + slot + 2u * THREADS_N, plane, first_channel),
    element_of(col0 + slot + 3u * THREADS_N, plane, first_channel),
  );
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, rows, to, u32(p.height * p.width));
}
