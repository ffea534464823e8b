/** Laplace's approximation: a Gaussian at the highest density with that density's curvature, in unbounded coordinates (D. J. C. MacKay, 2003, chapter 27). */
import { TetradError } from "@tetrad/engine";
import { cholesky, invertPositiveDefinite } from "../minimise/dense.js";
import { lbfgs } from "../minimise/lbfgs.js";
import { type Approximation, type ApproximationOptions, drawFrom, gaussianPush, UnboundedTarget } from "./approximation.js";
import type { ChainTarget } from "./chain.js";

export interface LaplaceResult extends Approximation {
  /** The highest density's θ [k]; of u(θ), so a bound's Jacobian takes part. */
  readonly mode: Float64Array;
  /** ln p(u) + k/2 ln 2π − ½ ln det H: Laplace's own estimate of ln ∫p. */
  readonly laplaceEvidence: number;
}

/** Central differences of the gradient at this part of a standard deviation err by about 1e-8. */
const DISTANCE = 1e-4;
/** Of the search for that deviation. */
const WIDTH_STEPS = 20;

/** @throws DATA when the density is not finite at the start, or falls nowhere off around the point found */
export function laplace(target: ChainTarget, options: ApproximationOptions = {}): LaplaceResult {
  const unbounded = new UnboundedTarget(target);
  const { density, transform } = unbounded;
  const k = density.dim;
  const negative = new Float64Array(k);
  const evaluate = (u: Float64Array) => {
    const value = -density.logDensity(u, negative);
    return { value, gradient: negative.map((slope) => -slope) };
  };
  const found = lbfgs(evaluate, unbounded.start(options.start), { valueTolerance: 1e-15 });
  const mean = found.theta;
  const gradient = (u: Float64Array): Float64Array => evaluate(u).gradient;
  const hessian = hessianOf(gradient, mean, widthsAt(gradient, mean));
  const covariance = invertPositiveDefinite(hessian, k);
  const root = covariance && cholesky(covariance, k).lower;
  if (root === undefined) {
    throw new TetradError("DATA", {
      op: "laplace",
      what: "the density does not fall off in every direction around its highest point",
      got: `u = ${Array.from(mean, (value) => value.toPrecision(4)).join(", ")}`,
      hint: "the data may not determine all parameters, or the most probable point lies at a bound: sample with nuts instead",
    });
  }
  let laplaceEvidence = -found.value + (k / 2) * Math.log(2 * Math.PI);
  for (let i = 0; i < k; i++) laplaceEvidence += Math.log(root[i * k + i] as number);
  const mode = new Float64Array(k);
  transform.constrain(mean, mode);
  return { ...drawFrom(unbounded, gaussianPush({ mean, root }), options, found.status !== "evaluations"), mode, laplaceEvidence };
}

/** How far each coordinate moves for the slope along it to change by its inverse: a standard deviation where the others stay. Found by steps that shrink or grow to it. */
function widthsAt(gradient: (u: Float64Array) => Float64Array, mean: Float64Array): Float64Array {
  return mean.map((centre, i) => {
    let width = 1;
    for (let step = 0; step < WIDTH_STEPS; step++) {
      const slopeAt = (shift: number): number => {
        const u = Float64Array.from(mean);
        u[i] = centre + shift;
        return gradient(u)[i] as number;
      };
      const h = DISTANCE * width;
      const found = 1 / Math.sqrt((slopeAt(h) - slopeAt(-h)) / (2 * h));
      if (!(found > 0 && found < Infinity)) return width;
      if (found > width / 2 && found < 2 * width) return found;
      // Steps beyond the deviation say little of it, and steps far below it only how the density is rounded.
      width = Math.min(Math.max(found, width / 100), 100 * width);
    }
    return width;
  });
}

function hessianOf(gradient: (u: Float64Array) => Float64Array, mean: Float64Array, widths: Float64Array): Float64Array {
  const k = mean.length;
  const hessian = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    const h = DISTANCE * (widths[i] as number);
    const at = (shift: number): Float64Array => {
      const u = Float64Array.from(mean);
      u[i] = (u[i] as number) + shift;
      return gradient(u);
    };
    const [above, below] = [at(h), at(-h)];
    for (let j = 0; j < k; j++) {
      const half = ((above[j] as number) - (below[j] as number)) / (4 * h);
      hessian[i * k + j] = (hessian[i * k + j] as number) + half;
      hessian[j * k + i] = (hessian[j * k + i] as number) + half;
    }
  }
  return hessian;
}
