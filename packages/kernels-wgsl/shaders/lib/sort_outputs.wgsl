// Buffers of the kernel `sort`. Rounds go between the outputs and the spare buffers; the constant TO says where a round writes: 0 the spare ones, 1 the
// outputs, 2 the outputs in their final form, where elements take the place of their keys.
struct Params {
  values_at: u32,
  indices_at: u32,
  spare_keys_at: u32,
  spare_places_at: u32,
  x_at: u32,
  rows: u32,
  n: u32,
  descending: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> spare_keys: array<u32>;
@group(0) @binding(4) var<storage, read_write> spare_places: array<u32>;
@group(0) @binding(5) var<storage, read> x: array<u32>;

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  let at = list * length + i;
  if (TO == 0u) {
    spare_keys[p.spare_keys_at + at] = key;
    spare_places[p.spare_places_at + at] = place;
  } else {
    indices[p.indices_at + at] = place;
    if (TO == 1u) {
      values[p.values_at + at] = key;
    } else {
      values[p.values_at + at] = x[p.x_at + list * length + place];
    }
  }
}
