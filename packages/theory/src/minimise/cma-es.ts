/**
 * Covariance matrix adaptation: searches by a normal distribution that learns the function's shape, for functions with many local minima
 * or no derivatives. Source: N. Hansen, The CMA evolution strategy: a tutorial, arXiv:1604.00772 (2016); numbers are its equations.
 */

import { normals, random } from "../random.js";
import { clampInto } from "./bounds.js";
import { eigenSymmetric, norm, type Vector } from "./dense.js";
import { type DirectOptions, type DirectResult, directSettings, finiteOrHigh, lowered } from "./direct.js";

/** Runs, each with twice the points of the one before: A. Auger, N. Hansen, Proc. IEEE CEC (2005) 1769. */
const RUNS = 4;
/** Generations without a lower value, beyond 30 n/λ of them, after which nothing more is expected (appendix B.3). */
const PATIENCE = 20;

/**
 * Minimises a function without derivatives in a box; points outside are judged by their nearest point inside and the distance to it.
 * Runs again with more points until that gains nothing, since few points end in the next best minimum.
 * @throws ARGUMENT for a start outside its bounds
 */
export function cmaEs(f: (theta: Vector) => number, start: ArrayLike<number>, options: DirectOptions = {}): DirectResult {
  const { box, scale, most, tolerance } = directSettings("cmaEs", start, options);
  const n = start.length;
  const source = random(options.seed ?? 0);

  const first = Float64Array.from(start);
  let best = { theta: first, value: finiteOrHigh(f(first)) };
  let evaluations = 1;
  let converged = false;
  for (let attempt = 0; attempt < RUNS && evaluations < most; attempt++) {
    const before = best.value;
    converged = run((4 + Math.floor(3 * Math.log(n))) * 2 ** attempt) || converged; // table 1
    if (attempt > 1 && !lowered(before, best.value, 1e-9)) break;
  }
  return { ...best, evaluations, converged };

  /** @returns whether it ended by the tolerance */
  function run(lambda: number): boolean {
    const mu = Math.floor(lambda / 2);
    const raw = Array.from({ length: mu }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
    const total = raw.reduce((sum, w) => sum + w, 0);
    const weights = raw.map((w) => w / total);
    const effective = 1 / weights.reduce((sum, w) => sum + w * w, 0);
    const cs = (effective + 2) / (n + effective + 5); // eq. 55
    const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cs;
    const cc = (4 + effective / n) / (n + 4 + (2 * effective) / n); // eq. 56
    const c1 = 2 / ((n + 1.3) ** 2 + effective); // eq. 57
    const cmu = Math.min(1 - c1, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective)); // eq. 58
    const expectedNorm = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

    let mean: Vector = Float64Array.from({ length: n }, (_, i) => (start[i] as number) / (scale[i] as number));
    let sigma = 1;
    const covariance = Float64Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0));
    const [pc, ps] = [new Float64Array(n), new Float64Array(n)];
    let idle = 0;
    for (let generation = 1; evaluations < most; generation++) {
      const { values, vectors } = eigenSymmetric(covariance, n);
      const widths = values.map((value) => Math.sqrt(Math.max(value, 0)));
      if (sigma * (widths[n - 1] as number) <= tolerance) return Number.isFinite(best.value); // widths rise
      const before = best.value;
      const points = Array.from({ length: lambda }, () => {
        const z = normals(n, source);
        const y = Float64Array.from({ length: n }, (_, i) => {
          let sum = 0;
          for (let j = 0; j < n; j++) sum += (vectors[i * n + j] as number) * (widths[j] as number) * (z[j] as number);
          return sum;
        });
        const theta = y.map((step, i) => ((mean[i] as number) + sigma * step) * (scale[i] as number));
        const inside = theta.map((value, i) => clampInto(box, i, value));
        const outside = norm(theta.map((value, i) => (value - (inside[i] as number)) / (scale[i] as number)));
        const value = finiteOrHigh(f(inside));
        evaluations++;
        if (value < best.value) best = { theta: inside, value };
        return { y, value: outside === 0 ? value : value + outside * outside * (1 + Math.abs(value)) };
      });
      idle = lowered(before, best.value, 1e-13) ? 0 : idle + 1;
      if (idle > PATIENCE + (30 * n) / lambda) return Number.isFinite(best.value);
      points.sort((a, b) => (a.value === b.value ? 0 : a.value - b.value)); // Infinity − Infinity is no order
      const step = Float64Array.from({ length: n }, (_, i) =>
        weights.reduce((sum, w, k) => sum + w * ((points[k] as { y: Vector }).y[i] as number), 0),
      );
      mean = mean.map((value, i) => value + sigma * (step[i] as number)); // eq. 41
      // C^{-1/2} of the step: eq. 43.
      const whitened = Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < n; j++) {
          let along = 0;
          for (let k = 0; k < n; k++) along += (vectors[k * n + j] as number) * (step[k] as number);
          if ((widths[j] as number) > 0) sum += ((vectors[i * n + j] as number) * along) / (widths[j] as number);
        }
        return sum;
      });
      for (let i = 0; i < n; i++) ps[i] = (1 - cs) * (ps[i] as number) + Math.sqrt(cs * (2 - cs) * effective) * (whitened[i] as number);
      sigma *= Math.exp((cs / damping) * (norm(ps) / expectedNorm - 1)); // eq. 44
      const stalls = norm(ps) / Math.sqrt(1 - (1 - cs) ** (2 * generation)) >= (1.4 + 2 / (n + 1)) * expectedNorm;
      for (let i = 0; i < n; i++)
        pc[i] = (1 - cc) * (pc[i] as number) + (stalls ? 0 : Math.sqrt(cc * (2 - cc) * effective) * (step[i] as number)); // eq. 45
      const kept = 1 - c1 - cmu + (stalls ? c1 * cc * (2 - cc) : 0);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const rank = weights.reduce(
            (sum, w, k) => sum + w * ((points[k] as { y: Vector }).y[i] as number) * ((points[k] as { y: Vector }).y[j] as number),
            0,
          );
          covariance[i * n + j] = kept * (covariance[i * n + j] as number) + c1 * (pc[i] as number) * (pc[j] as number) + cmu * rank; // eq. 47
        }
    }
    return false;
  }
}
