// A live count as a number that launches can read.
struct Params {
  y_at: u32,
  count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn main() {
  y[p.y_at] = f32(p.count);
}
