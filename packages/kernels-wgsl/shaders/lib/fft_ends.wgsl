// Where transforms begin and end. KIND is 0 for complex rows, 1 for real ones (rfft), 2 for their inverse (irfft). Real rows of even
// length n are transformed as n/2 complex numbers, whose even and odd parts symmetry tells apart. Lengths with a prime factor beyond 31
// are transformed as a convolution with a chirp over m numbers, a power of two (Bluestein 1970). The table has the roots of the transform
// that is done in stages; for a convolution behind its m roots the chirp's transform over m and the chirp e^(−πi j² / n); then, n even and
// rows real, e^(−2πi k / n), k = 0 … n/4. Inverse transforms are conjugates of the conjugate's transform.
struct Params {
  y_at: u32,
  work_at: u32,
  x_at: u32,
  table_at: u32,
  rows: u32,
  n: u32,
  convolution: u32,
  outside: u32,
  scale: f32,
  scale_low: f32,
  inverse: u32,
  // Of a pass of a long transform, see shaders/fft/fft_stage.wgsl.
  half: u32,
  points: u32,
  span: u32,
  reads: u32,
  writes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> table: array<f32>;

fn is_paired() -> bool {
  return KIND != 0u && p.n % 2u == 0u;
}

// Complex numbers that a row is transformed as.
fn row_length() -> u32 {
  return select(p.n, p.n / 2u, is_paired());
}

// Of these or of the convolution: what goes through the stages.
fn staged_length() -> u32 {
  return select(row_length(), p.convolution, p.convolution > 0u);
}

// Numbers that a row's result is delivered as; a pair of real ones counts once.
fn output_length() -> u32 {
  return select(row_length(), p.n / 2u + 1u, KIND == 1u);
}

fn entry(i: u32) -> vec2<f32> {
  return vec2<f32>(table[p.table_at + 2u * i], table[p.table_at + 2u * i + 1u]);
}

fn root(i: u32) -> vec2<f32> {
  return entry(i);
}

fn filtered(k: u32, value: vec2<f32>) -> vec2<f32> {
  return conjugate(product(value, entry(p.convolution + k)));
}

fn complex_at(i: u32) -> vec2<f32> {
  return vec2<f32>(x[p.x_at + 2u * i], x[p.x_at + 2u * i + 1u]);
}

// Number k of the row that irfft transforms, from the half that the row is given as.
fn from_half(row: u32, k: u32) -> vec2<f32> {
  let first = row * (p.n / 2u + 1u);
  let h = row_length();
  if (!is_paired()) {
    let near = min(k, h - k);
    let value = complex_at(first + near);
    return vec2<f32>(value.x, select(select(value.y, -value.y, near == k), 0.0, k == 0u));
  }
  let near = min(k, h - k);
  var a = complex_at(first + near);
  var b = conjugate(complex_at(first + h - near));
  // The parts that have no meaning are not read.
  if (near == 0u) {
    a.y = 0.0;
    b.y = 0.0;
  }
  let even = a + b;
  let odd = product(conjugate(entry(h + 2u * p.convolution + near)), a - b);
  if (near == k) {
    return vec2<f32>(even.x - odd.y, -even.y - odd.x);
  }
  return vec2<f32>(even.x + odd.y, even.y - odd.x);
}

// Number k of what goes through the stages.
fn given(row: u32, k: u32) -> vec2<f32> {
  let h = row_length();
  if (k >= h) {
    return vec2<f32>(0.0);
  }
  var value: vec2<f32>;
  if (KIND == 2u) {
    value = from_half(row, k);
  } else if (KIND == 0u || is_paired()) {
    value = complex_at(row * h + k);
    value.y = select(value.y, -value.y, KIND == 0u && p.inverse != 0u);
  } else {
    value = vec2<f32>(x[p.x_at + row * h + k], 0.0);
  }
  if (p.convolution > 0u) {
    value = product(value, entry(2u * p.convolution + k));
  }
  return value;
}

// Number k of the row's transform from what came out of the stages.
fn ended(k: u32, value: vec2<f32>) -> vec2<f32> {
  if (p.convolution > 0u) {
    return product(conjugate(value), entry(2u * p.convolution + k));
  }
  return value;
}

fn put(i: u32, value: vec2<f32>) {
  y[p.y_at + 2u * i] = value.x * p.scale;
  y[p.y_at + 2u * i + 1u] = value.y * p.scale;
}

// Number k of a row's result. Of paired real rows that takes numbers k and −k of the transform, or −k and k beyond the middle: `near` is
// the lesser one.
fn deliver(row: u32, k: u32, near: vec2<f32>, far: vec2<f32>) {
  if (KIND == 1u) {
    let at = row * output_length() + k;
    if (!is_paired()) {
      put(at, vec2<f32>(near.x, select(near.y, 0.0, k == 0u)));
      return;
    }
    let h = row_length();
    let lesser = min(k, h - k);
    let mirror = conjugate(far);
    let even = 0.5 * (near + mirror);
    let odd = product(entry(h + 2u * p.convolution + lesser), 0.5 * turned(near - mirror));
    var value = even + odd;
    if (lesser != k) {
      value = conjugate(even - odd);
    }
    put(at, vec2<f32>(value.x, select(value.y, 0.0, lesser == 0u)));
  } else if (KIND == 0u) {
    put(row * p.n + k, vec2<f32>(near.x, select(near.y, -near.y, p.inverse != 0u)));
  } else if (is_paired()) {
    put(row * row_length() + k, conjugate(near));
  } else {
    y[p.y_at + row * p.n + k] = near.x * p.scale;
  }
}
