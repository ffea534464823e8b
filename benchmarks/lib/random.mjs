// Seeded normal numbers, so that every contender computes with the same real-valued data and a run can be repeated.

/** @param {number} seed @returns {() => number} uniform in [0, 1): mulberry32 */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @template {Float32Array | Float64Array} A
 * @param {A} target filled and returned
 * @param {number} seed
 * @param {number} [scale] standard deviation
 * @returns {A}
 */
export function normal(target, seed, scale = 1) {
  const next = uniform(seed);
  for (let i = 0; i < target.length; i++) target[i] = scale * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return target;
}
