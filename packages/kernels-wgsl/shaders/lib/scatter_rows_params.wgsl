// What the passes of scatter_rows share: slabs added to the rows that indices name.
struct Params {
  y_at: u32,
  values_at: u32,
  indices_at: u32,
  outer: u32,
  rows: u32,
  count: u32,
  inner: u32,
  padding: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
