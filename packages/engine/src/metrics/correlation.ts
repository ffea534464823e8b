/** How far two lists of numbers rise and fall together, as scipy.stats has it. */
import { TetradError } from "../errors.js";

/** Pearson's r: covariance over the product of standard deviations; NaN where either list is constant. @throws TetradError SHAPE, ARGUMENT */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new TetradError("SHAPE", { op: "correlation", what: "the lists differ in length", got: `${a.length} and ${b.length}` });
  if (a.length < 2) throw new TetradError("ARGUMENT", { op: "correlation", what: "it takes two pairs or more", got: `${a.length}` });
  const [x, y] = [centred(a), centred(b)];
  const dot = (p: Float64Array, q: Float64Array) => p.reduce((sum, value, i) => sum + value * (q[i] as number), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/** Spearman's ρ: Pearson's r of the ranks, of which equal numbers share the mean. @throws TetradError SHAPE, ARGUMENT */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b));
}

function centred(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return all.map((value) => value - mean);
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const result = new Float64Array(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end] as number] === values[order[begin] as number]) end++;
    for (const i of order.slice(begin, end)) result[i] = (begin + end + 1) / 2;
    begin = end;
  }
  return result;
}
