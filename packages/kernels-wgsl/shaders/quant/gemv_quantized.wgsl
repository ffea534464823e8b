// gemm_quantized for at most eight rows of A, as when a model writes: weights are read once and that is all there is to do, so 64 threads
// share the rows of four channels, four weights of each at a time. Registers: 8 × 4 sums, 16 weights. Shared memory: 8 KiB.
//! use grid quantized_product stored_weights
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;

var<workgroup> partial: array<vec4<f32>, 512>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn weights(channel: u32, k: u32) -> vec4<f32> {
  let four = weights_at(p.stored_at + min(channel, p.n - 1u) * p.row_bytes, k);
  return select(vec4<f32>(0.0), four, vec4<u32>(k, k + 1u, k + 2u, k + 3u) < vec4<u32>(p.k));
}

// A row's products with four weights of four channels.
fn products(row: u32, k: u32, channels: mat4x4<f32>) -> vec4<f32> {
  let at = p.a_at + row * p.lda;
  // Beyond the end a row's last element meets weights of zero, as long as it is finite; where it is not, so is the sum.
  let last = p.k - 1u;
  return vec4<f32>(a[at + k], a[at + min(k + 1u, last)], a[at + min(k + 2u, last)], a[at + min(k + 3u, last)]) * channels;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let channel = flat_group(group, groups) * 4u;
  var sum0 = vec4<f32>(0.0);
  var sum1 = vec4<f32>(0.0);
  var sum2 = vec4<f32>(0.0);
  var sum3 = vec4<f32>(0.0);
  var sum4 = vec4<f32>(0.0);
  var sum5 = vec4<f32>(0.0);
  var sum6 = vec4<f32>(0.0);
  var sum7 = vec4<f32>(0.0);
  for (var k = lane * 4u; k < p.k; k += 256u) {
    let channels = mat4x4<f32>(weights(channel, k), weights(channel + 1u, k), weights(channel + 2u, k), weights(channel + 3u, k));
    sum0 += products(0u, k, channels);
    if (p.m > 1u) {
      sum1 += products(1u, k, channels);
    }
    if (p.m > 2u) {
      sum2 += products(2u, k, channels);
    }
    if (p.m > 3u) {
      sum3 += products(3u, k, channels);
    }
    if (p.m > 4u) {
      sum4 += products(4u, k, channels);
    }
    if (p.m > 5u) {
      sum5 += products(5u, k, channels);
    }
    if (p.m > 6u) {
      sum6 += products(6u, k, channels);
    }
    if (p.m > 7u) {
      sum7 += products(7u, k, channels);
    }
  }
  partial[lane] = sum0;
  partial[64u + lane] = sum1;
  partial[128u + lane] = sum2;
  partial[192u + lane] = sum3;
  partial[256u + lane] = sum4;
  partial[320u + lane] = sum5;
  partial[384u + lane] = sum6;
  partial[448u + lane] = sum7;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    for (var i = lane; i < p.m * half; i += 64u) {
      let at = i / half * 64u + i % half;
      partial[at] += partial[at + half];
    }
    workgroupBarrier();
  }
  let row = lane / 4u;
  let own = channel + lane % 4u;
  if (row < p.m && own < p.n) {
    finish(row * p.n + own, partial[row * 64u][lane % 4u]);
  }
}
