/** Seeded random numbers for starts and samples: the same everywhere, and independent of any engine. */

export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
}

/** xoshiro128** of D. Blackman, S. Vigna, ACM Trans. Math. Softw. 47 (2021) 36, seeded by splitmix32. */
export function random(seed: number): Random {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const word = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  return { next: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53 };
}

/** Two independent standard normal numbers: G. E. P. Box, M. E. Muller, Ann. Math. Stat. 29 (1958) 610. */
export function normalPair(source: Random): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - source.next()));
  const angle = 2 * Math.PI * source.next();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** `count` independent standard normal numbers. */
export function normals(count: number, source: Random): Float64Array {
  const z = new Float64Array(count + 1);
  for (let i = 0; i < count; i += 2) z.set(normalPair(source), i);
  return z.subarray(0, count);
}

/**
 * Latin hypercube: `count` points in [0, 1)^n, one in each of `count` equal slices along every axis.
 * Source: M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21 (1979) 239.
 */
export function latinHypercube(count: number, n: number, source: Random): Float64Array[] {
  const points = Array.from({ length: count }, () => new Float64Array(n));
  for (let axis = 0; axis < n; axis++) {
    const slices = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(source.next() * (i + 1));
      [slices[i], slices[j]] = [slices[j] as number, slices[i] as number];
    }
    points.forEach((point, i) => {
      point[axis] = ((slices[i] as number) + source.next()) / count;
    });
  }
  return points;
}
