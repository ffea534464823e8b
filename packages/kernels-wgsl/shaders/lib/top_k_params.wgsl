// What the passes of top_k share. Keys are such that the best element has the least.
//! use sort_key
struct Params {
  values_at: u32,
  indices_at: u32,
  x_at: u32,
  rows: u32,
  n: u32,
  k: u32,
  largest: u32,
  sorted: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<u32>;

fn key_at(row: u32, i: u32) -> u32 {
  return sort_key(x[p.x_at + row * p.n + i], p.largest != 0u);
}

// Element `place` of a row is number i of its best.
fn put_best(row: u32, i: u32, place: u32) {
  values[p.values_at + row * p.k + i] = x[p.x_at + row * p.n + place];
  indices[p.indices_at + row * p.k + i] = place;
}
