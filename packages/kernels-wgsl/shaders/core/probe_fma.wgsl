// The device's arithmetic roof: eight independent chains of vec4 multiply-adds in registers, nothing read, one word written so that nothing is dropped.
struct Params {
  y_at: u32,
  rounds: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(0.999 + f32(id.x & 3u) * 1e-4);
  var a = vec4<f32>(0.1);
  var b = vec4<f32>(0.2);
  var c = vec4<f32>(0.3);
  var d = vec4<f32>(0.4);
  var e = vec4<f32>(0.5);
  var f = vec4<f32>(0.6);
  var g = vec4<f32>(0.7);
  var h = vec4<f32>(0.8);
  for (var i = 0u; i < p.rounds; i++) {
    a = fma(a, x, x);
    b = fma(b, x, x);
    c = fma(c, x, x);
    d = fma(d, x, x);
    e = fma(e, x, x);
    f = fma(f, x, x);
    g = fma(g, x, x);
    h = fma(h, x, x);
  }
  let sum = a + b + c + d + e + f + g + h;
  y[p.y_at + id.x] = sum.x + sum.y + sum.z + sum.w;
}
