/** Small things that all problems are made with. */

const SEED = 20260;
let table;
let cursor = 0;

/** Random numbers in [-1, 1) from a table that is drawn once: filling a vocabulary by Philox would take seconds. */
export function randoms(length) {
  if (table === undefined) {
    table = new Float64Array(65_537); // a prime, so that no row of a power of two repeats another
    for (let i = 0, state = SEED; i < table.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      table[i] = state / 2 ** 31 - 1;
    }
  }
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    values[i] = table[cursor];
    if (++cursor === table.length) cursor = 0;
  }
  return values;
}

/** Whose storage each value of a plan lives in. */
export function owners(plan) {
  const owner = (tensor) => {
    const storage = plan.storageOf(tensor);
    return storage === tensor ? tensor : owner(storage);
  };
  return owner;
}

/** The value of an expensive function, computed when it is first asked for. */
export function once(compute) {
  let value;
  return () => {
    value ??= compute();
    return value;
  };
}
