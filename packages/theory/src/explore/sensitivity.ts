/**
 * Global sensitivity: which share of a quantity's variance over the ranges comes from each parameter alone (first order) and with all its
 * interactions (total). Sobol' indices by the estimators of A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, table 2 (b) and (f).
 */

import { TetradError } from "@tetrad/engine";
import type { Box } from "../minimise/bounds.js";
import { SOBOL_DIMENSIONS, sobol } from "../minimise/sobol.js";
import { random } from "../random.js";
import { intoBox } from "./region.js";

export interface SensitivityOptions {
  /** N, a power of two; N (k + 2) points are computed. 1024 unless told. */
  readonly base?: number;
  readonly seed?: number;
  /** Of the quantities, for messages. */
  readonly names?: readonly string[];
  /** Resamples of the bootstrap behind the intervals; 200 unless told. */
  readonly resamples?: number;
}

export interface SensitivityIndex {
  readonly value: number;
  /** 95 % interval by the percentile bootstrap over the N base points. */
  readonly low: number;
  readonly high: number;
}

export interface Sensitivity {
  /** One each parameter: variance of the mean given it, over the variance. */
  readonly first: readonly SensitivityIndex[];
  /** One each parameter: mean variance left when all others are known, over the variance. */
  readonly total: readonly SensitivityIndex[];
  readonly mean: number;
  readonly variance: number;
}

/**
 * @param quantities values of several quantities at points [m, k], each [m]
 * @returns one result a quantity
 * @throws ARGUMENT for a base that is no power of two; DATA for a quantity that is not finite everywhere, or does not vary
 */
export function sobolIndices(
  quantities: (theta: Float64Array) => readonly ArrayLike<number>[],
  box: Box,
  options: SensitivityOptions = {},
): Sensitivity[] {
  const { base = 1024, seed = 0, resamples = 200, names = [] } = options;
  if (!(Number.isInteger(Math.log2(base)) && base >= 16))
    throw new TetradError("ARGUMENT", {
      op: "sobolIndices",
      what: "the number of base points is not a power of two",
      got: `${base}`,
      expected: "16 or more: 1024, 4096, …",
      hint: "Sobol' points are balanced at powers of two only",
    });
  const k = box.lower.length;
  const source = random(seed);
  const pairs =
    2 * k <= SOBOL_DIMENSIONS
      ? sobol(base, 2 * k, source)
      : Array.from({ length: base }, () => Float64Array.from({ length: 2 * k }, () => source.next()));
  // A, B, and A with column i from B.
  const rows: Float64Array[] = [...pairs.map((pair) => pair.subarray(0, k)), ...pairs.map((pair) => pair.subarray(k))];
  for (let i = 0; i < k; i++)
    for (const pair of pairs) {
      const row = pair.slice(0, k);
      row[i] = pair[k + i] as number;
      rows.push(row);
    }
  const values = quantities(intoBox(rows, box));
  return values.map((all, q) => {
    const name = names[q] ?? `quantity ${q + 1}`;
    for (let row = 0; row < all.length; row++) {
      if (Number.isFinite(all[row])) continue;
      const at = intoBox([rows[row] as Float64Array], box);
      throw new TetradError("DATA", {
        op: "sobolIndices",
        what: `${name} is not finite everywhere in the ranges, so it has no variance`,
        got: `${all[row]} at ${Array.from(at).join(", ")}`,
        hint: "narrow the ranges to where the theory is defined",
      });
    }
    return indicesOf(name, all, base, k, resamples, random(seed + 1));
  });
}

function indicesOf(
  name: string,
  all: ArrayLike<number>,
  base: number,
  k: number,
  resamples: number,
  source: { next(): number },
): Sensitivity {
  const everyone = Int32Array.from({ length: base }, (_, i) => i);
  const point = estimate(all, base, k, everyone);
  if (!(point.variance > 0))
    throw new TetradError("DATA", { op: "sobolIndices", what: `${name} does not vary over the ranges`, got: `${all[0]} everywhere` });
  const drawn = Array.from({ length: resamples }, () => {
    const chosen = Int32Array.from({ length: base }, () => Math.floor(source.next() * base));
    return estimate(all, base, k, chosen);
  });
  const withInterval = (value: number, others: number[]): SensitivityIndex => {
    const sorted = others.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? value;
    return { value, low: at(0.025), high: at(0.975) };
  };
  return {
    first: point.first.map((value, i) =>
      withInterval(
        value,
        drawn.map(({ first }) => first[i] as number),
      ),
    ),
    total: point.total.map((value, i) =>
      withInterval(
        value,
        drawn.map(({ total }) => total[i] as number),
      ),
    ),
    mean: point.mean,
    variance: point.variance,
  };
}

function estimate(all: ArrayLike<number>, base: number, k: number, chosen: Int32Array) {
  const at = (block: number, j: number): number => all[block * base + j] as number;
  let mean = 0;
  for (const j of chosen) mean += (at(0, j) + at(1, j)) / (2 * base);
  let variance = 0;
  for (const j of chosen) variance += ((at(0, j) - mean) ** 2 + (at(1, j) - mean) ** 2) / (2 * base);
  const first: number[] = [];
  const total: number[] = [];
  for (let i = 0; i < k; i++) {
    let [alone, apart] = [0, 0];
    for (const j of chosen) {
      const mixed = at(2 + i, j);
      // The mean taken off changes no expectation and lowers the estimator's own variance.
      alone += ((at(1, j) - mean) * (mixed - at(0, j))) / base;
      apart += (at(0, j) - mixed) ** 2 / (2 * base);
    }
    first.push(alone / variance);
    total.push(apart / variance);
  }
  return { first, total, mean, variance };
}
