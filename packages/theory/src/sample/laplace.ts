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

/** Central differences of the gradient at this distance err by about 1e-8 in coordinates of unit scale. */
const DISTANCE = 1e-4;

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
  const hessian = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    const at = (shift: number): Float64Array => {
      const u = Float64Array.from(mean);
      u[i] = (u[i] as number) + shift;
      return evaluate(u).gradient;
    };
    const above = at(DISTANCE);
    const below = at(-DISTANCE);
    for (let j = 0; j < k; j++) {
      const half = ((above[j] as number) - (below[j] as number)) / (4 * DISTANCE);
      hessian[i * k + j] = (hessian[i * k + j] as number) + half;
      hessian[j * k + i] = (hessian[j * k + i] as number) + half;
    }
  }
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
