/** Seeded normal numbers, so that every contender computes with the same real-valued data and a run can be repeated. */

/** Uniform in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Fills and returns `target`; `scale` is the standard deviation. */
export function normal<A extends Float32Array | Float64Array>(target: A, seed: number, scale = 1): A {
  const next = uniform(seed);
  for (let i = 0; i < target.length; i++) target[i] = scale * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return target;
}

/** Whole numbers below `end`. */
export function integers(length: number, end: number, seed: number): Int32Array<ArrayBuffer> {
  const next = uniform(seed);
  const filled = new Int32Array(length);
  for (let i = 0; i < length; i++) filled[i] = Math.floor(next() * end);
  return filled;
}
