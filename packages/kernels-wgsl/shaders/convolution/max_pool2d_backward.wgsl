// Each of dY's elements added to the place that won, a workgroup a plane, 64 outputs at a time: of those that go to one place the first
// thread adds up all, upwards, so that no two threads add to one element, and every sum has one order without atomics.
//! use grid
struct Params {
  y_at: u32,
  places_at: u32,
  dy_at: u32,
  planes: u32,
  area: u32,
  outputs: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;

const NOWHERE = 0xffffffffu;

var<workgroup> to: array<u32, 64>;
var<workgroup> values: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let plane = flat_group(group, groups);
  if (plane >= p.planes) {
    return;
  }
  let y0 = p.y_at + plane * p.area;
  for (var i = lane; i < p.area; i += 64u) {
    y[y0 + i] = 0.0;
  }
  storageBarrier();
  let first = plane * p.outputs;
  for (var i = 0u; i < p.outputs; i += 64u) {
    let inside = i + lane < p.outputs;
    let at = first + min(i + lane, p.outputs - 1u);
    let place = select(NOWHERE, places[p.places_at + at], inside);
    to[lane] = place;
    values[lane] = dy[p.dy_at + at];
    workgroupBarrier();
    var sum = 0.0;
    var leads = place < p.area;
    for (var j = 0u; j < 64u; j++) {
      if (to[j] == place) {
        sum += values[j];
        leads = leads && j >= lane;
      }
    }
    if (leads) {
      y[y0 + place] += sum;
    }
    // What others add to next, and what they put in place of what was read here.
    storageBarrier();
    workgroupBarrier();
  }
}
