// Transforms of several columns in shared memory by 256 threads, in stages of radix 4, 2 and odd primes, between two halves of TILE
// complex numbers each (16 KiB in all). The stages are Stockham's, which sort themselves (Cochran et al. 1967; Van Loan 1992, §1.7): of a
// stage that takes s interleaved sequences of n = radix · m numbers,
//   y[q + s (radix j + t)] = W_n^(j t) Σ_k x[q + s (j + m k)] e^(−2πi k t / radix),  0 ≤ q < s, 0 ≤ j < m.
// A radix-4 stage moves 16 bytes of shared memory and does 8.5 FLOP a number. Whoever uses it defines root(i), which is e^(−2πi i / L) of
// the whole transform's length L.
const TILE = 1024u;
var<workgroup> tile: array<vec2<f32>, 2048>;

fn product(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

fn conjugate(a: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(a.x, -a.y);
}

// −i a
fn turned(a: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(a.y, -a.x);
}

fn next_radix(n: u32) -> u32 {
  if (n % 4u == 0u) {
    return 4u;
  }
  if (n % 2u == 0u) {
    return 2u;
  }
  var radix = 3u;
  while (n % radix != 0u) {
    radix += 2u;
  }
  return radix;
}

// Number k of column c is at k · spacing + c, or, where columns lie one behind the other (spacing 1), at c · points + k. `root_step` is L
// / points. Returns where the results are: 0 or TILE. A barrier comes before the first read and behind the last write.
fn transform_tile(lane: u32, points: u32, columns: u32, spacing: u32, root_step: u32, first_half: u32) -> u32 {
  var x = first_half;
  var s = 1u;
  while (s < points) {
    let radix = next_radix(points / s);
    let count = points / radix;
    let y = TILE - x;
    workgroupBarrier();
    // Butterflies of even radices have a thread each, numbers of odd ones.
    let items = select(points, count, radix % 2u == 0u);
    for (var i = lane; i < items * columns; i += 256u) {
      var item = i / columns;
      var base = i - item * columns;
      if (spacing == 1u) {
        base = i / items;
        item = i - base * items;
        base *= points;
      }
      let b = item % count;
      let q = b % s;
      let source = x + base + b * spacing;
      let to = y + base + (q + (b - q) * radix) * spacing;
      let turn = (b - q) * root_step;
      let step = count * spacing;
      let block = s * spacing;
      if (radix == 4u) {
        let u0 = tile[source];
        let u1 = tile[source + step];
        let u2 = tile[source + 2u * step];
        let u3 = tile[source + 3u * step];
        let even = u0 + u2;
        let odd = u1 + u3;
        let difference = u0 - u2;
        let side = turned(u1 - u3);
        tile[to] = even + odd;
        tile[to + block] = product(difference + side, root(turn));
        tile[to + 2u * block] = product(even - odd, root(2u * turn));
        tile[to + 3u * block] = product(difference - side, root(3u * turn));
      } else if (radix == 2u) {
        let u0 = tile[source];
        let u1 = tile[source + step];
        tile[to] = u0 + u1;
        tile[to + block] = product(u0 - u1, root(turn));
      } else {
        let t = item / count;
        var sum = tile[source];
        var at = 0u;
        for (var k = 1u; k < radix; k++) {
          at += t;
          at = select(at, at - radix, at >= radix);
          sum += product(tile[source + k * step], root(at * count * root_step));
        }
        tile[to + t * block] = product(sum, root(t * turn));
      }
    }
    x = y;
    s *= radix;
  }
  workgroupBarrier();
  return x;
}
