// Normalisation over sets of slabs: a slab is a run of `span` neighbouring elements of one channel, a unit the slabs that share mean and variance: those of
// one channel over the batch, or of a group of channels in one sample. Mean, variance, and in a gradient the sums of slopes g and of g (x − mean).
// Few long units are cut into chunks of CHUNK elements (0: they stay whole).
// PASS 0, an item a chunk of a unit: its moments to scratch, or, where units are whole, all there is to do, with one reading from memory and two from a cache.
// PASS 1, an item a unit: the moments of its chunks put together. PASS 2, a thread four elements: what becomes of them.
// The kernel's file says first_element(at), read once, element(at), read afterwards by the same thread or a later pass, slope(at, channel),
// settle(unit, moments) and write(at, channel, moments).
//! use share
alias Total = vec4<f32>;

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

struct Moments {
  // The mean in two parts: near it as f32 has it, and what is left.
  shift: f32,
  rest: f32,
  // Σ (x − mean)²
  squares: f32,
  // Σ g
  slopes: f32,
  // Σ g (x − mean)
  products: f32,
}
// Of chunks, chunk after chunk, then of units where they are cut.
@group(0) @binding(14) var<storage, read_write> scratch: array<Moments>;

fn unit_length() -> u32 {
  return p.slabs * p.span;
}

fn chunk_count() -> u32 {
  if (CHUNK == 0) {
    return 1u;
  }
  return (unit_length() + CHUNK - 1u) / max(CHUNK, 1u);
}

fn unit_moments_at(unit: u32) -> u32 {
  return select(chunk_count() * p.units + unit, unit, CHUNK == 0);
}

// Where element i of a unit lies.
fn place(unit: u32, i: u32) -> u32 {
  let base = unit * p.unit_stride;
  if (p.slab_stride == p.span) {
    return base + i;
  }
  let slab = i / p.span;
  return base + slab * p.slab_stride + (i - slab * p.span);
}

fn channel_of(unit: u32, i: u32) -> u32 {
  if (p.channel_step == 0u) {
    return unit;
  }
  return (unit % p.groups) * p.group_channels + i / p.span;
}

// 1/σ of a unit.
fn inverse_of(moments: Moments) -> f32 {
  return inverseSqrt(max(moments.squares, 0.0) / f32(unit_length()) + p.eps);
}

fn weight_of(channel: u32) -> f32 {
  if (p.has_weight == 0u) {
    return 1.0;
  }
  return weight[p.weight_at + channel];
}

// (x − mean)/σ · weight of one element.
fn scaled(at: u32, channel: u32, moments: Moments) -> f32 {
  return ((element(at) - moments.shift) - moments.rest) * (inverse_of(moments) * weight_of(channel));
}

// Moments of elements begin … end of a unit. They are taken about the mean as f32 has it, and what is left of the mean sets them right (Chan, Golub, LeVeque 1983).
fn chunk_moments(unit: u32, begin: u32, end: u32, thread: u32) -> Moments {
  let first = begin + lane_of(thread);
  let count = f32(end - begin);
  var sum = 0.0;
  for (var i = first; i < end; i += LANES) {
    sum += first_element(place(unit, i));
  }
  let shift = merge_lanes(thread, vec4<f32>(sum, 0.0, 0.0, 0.0)).x / count;
  var sums = vec4<f32>(0.0);
  for (var i = first; i < end; i += LANES) {
    let at = place(unit, i);
    let d = element(at) - shift;
    let g = slope(at, channel_of(unit, i));
    sums += vec4<f32>(d, d * d, g, g * d);
  }
  sums = merge_lanes(thread, sums);
  let rest = sums.x / count;
  return Moments(shift, rest, sums.y - sums.x * rest, sums.z, sums.w - rest * sums.z);
}

fn first_pass(item: u32, thread: u32) {
  let chunk = item / p.units;
  let unit = item - chunk * p.units;
  let begin = chunk * CHUNK;
  var end = unit_length();
  if (CHUNK > 0) {
    end = min(end, begin + CHUNK);
  }
  if (chunk >= chunk_count()) {
    end = begin;
  }
  let moments = chunk_moments(unit, begin, end, thread);
  if (lane_of(thread) == 0u && chunk < chunk_count()) {
    scratch[item] = moments;
    if (CHUNK == 0) {
      settle(unit, moments);
    }
  }
  if (CHUNK == 0) {
    for (var i = begin + lane_of(thread); i < end; i += LANES) {
      write(place(unit, i), channel_of(unit, i), moments);
    }
  }
}

// A chunk's mean lies δ beside the unit's: Σ (x − mean)² has n δ² more than the chunk's own, Σ g (x − mean) has δ Σ g more.
fn put_together(item: u32, thread: u32) {
  let unit = min(item, p.units - 1u);
  let chunks = chunk_count();
  let length = unit_length();
  let shift = scratch[unit].shift;
  var sum = 0.0;
  for (var chunk = lane_of(thread); chunk < chunks; chunk += LANES) {
    let part = scratch[chunk * p.units + unit];
    sum += f32(min(length - chunk * CHUNK, CHUNK)) * ((part.shift - shift) + part.rest);
  }
  let rest = merge_lanes(thread, vec4<f32>(sum, 0.0, 0.0, 0.0)).x / f32(length);
  var sums = vec4<f32>(0.0);
  for (var chunk = lane_of(thread); chunk < chunks; chunk += LANES) {
    let part = scratch[chunk * p.units + unit];
    let beside = ((part.shift - shift) + part.rest) - rest;
    let squares = part.squares + f32(min(length - chunk * CHUNK, CHUNK)) * beside * beside;
    sums += vec4<f32>(squares, part.slopes, part.products + beside * part.slopes, 0.0);
  }
  sums = merge_lanes(thread, sums);
  if (lane_of(thread) == 0u && item < p.units) {
    let moments = Moments(shift, rest, sums.x, sums.y, sums.z);
    scratch[unit_moments_at(unit)] = moments;
    settle(unit, moments);
  }
}

fn write_elements(group: u32, thread: u32) {
  let total = p.units * unit_length();
  for (var k = 0u; k < 4u; k++) {
    let at = group * 1024u + k * 256u + thread;
    if (at < total) {
      let slab = at / p.span;
      let channel = slab % (p.groups * p.group_channels);
      let unit = select(slab / p.group_channels, channel, p.channel_step == 0u);
      write(at, channel, scratch[unit_moments_at(unit)]);
    }
  }
}

fn normalise_slabs(group: u32, thread: u32) {
  let item = group * SLOTS + slot_of(thread);
  if (PASS == 0) {
    first_pass(item, thread);
  } else if (PASS == 1) {
    put_together(item, thread);
  } else {
    write_elements(group, thread);
  }
}
