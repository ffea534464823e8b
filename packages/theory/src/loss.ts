/**
 * Laws of independent errors with heavier tails than Gauss's, so that outliers pull less. Each is a density exp(−ρ(z))/Z of z = (y − model)/error,
 * and ρ is one of the losses of robust statistics: P. J. Huber, Ann. Math. Stat. 35 (1964) 73, whose least favourable density that of `huber` is;
 * `soft_l1` and `cauchy` are C² ρ(z²/C²)/2 as in SciPy's `least_squares(loss=…, f_scale=C)`, and so is `huber`.
 */

import { add, div, log1p, maximum, minimum, mul, sqrt, square, sub, type Tensor } from "@tetrad/engine";
import { erf, lnGamma } from "./special.js";
import type { Noise } from "./theory.js";

export interface Loss {
  /** 2ρ(z): −2 ln of the density over that of a model that meets the datum. */
  deviance(z: number): number;
  /** ρ′(z)/z. */
  weight(z: number): number;
  /** ρ″(z); negative where an outlier is given up. */
  curvature(z: number): number;
  /** `deviance` as graph ops. */
  graph(z: Tensor): Tensor;
  /** ln Z. */
  readonly logNormalisation: number;
  /** What a datum tells of its own mean beside a Gaussian one of the same error: the mean of ρ″. */
  readonly information: number;
}

/** The law's loss; undefined for Gaussian errors and counts. */
export function lossOf(noise: Noise): Loss | undefined {
  switch (noise.kind) {
    case "student":
      return studentLoss(noise.degrees);
    case "huber":
      return huberLoss(noise.scale);
    case "soft_l1":
      return softL1Loss(noise.scale);
    case "cauchy":
      return cauchyLoss(noise.scale);
    default:
      return undefined;
  }
}

/** Quadratic up to |z| = c, straight beyond; 1.345 loses 5 % where the errors are Gaussian after all. */
export function huberLoss(c: number): Loss {
  const core = Math.sqrt(2 * Math.PI) * erf(c / Math.SQRT2);
  const norm = core + (2 / c) * Math.exp((-c * c) / 2);
  const within = (z: number): number => Math.min(Math.max(z, -c), c);
  return {
    deviance: (z) => within(z) * (2 * z - within(z)),
    weight: (z) => (Math.abs(z) <= c ? 1 : c / Math.abs(z)),
    curvature: (z) => (Math.abs(z) <= c ? 1 : 0),
    graph(z) {
      const inner = minimum(maximum(z, -c), c); // not by |z|, whose second derivative at 0 would be lost
      return mul(inner, sub(mul(z, 2), inner));
    },
    logNormalisation: Math.log(norm),
    information: core / norm,
  };
}

/** 2c²(√(1 + z²/c²) − 1): a smooth Huber; its density is the symmetric hyperbolic distribution. */
export function softL1Loss(c: number): Loss {
  const root = (z: number): number => Math.sqrt(1 + (z / c) ** 2);
  const norm = hyperbolic(c, 1);
  return {
    deviance: (z) => (2 * z * z) / (root(z) + 1),
    weight: (z) => 1 / root(z),
    curvature: (z) => root(z) ** -3,
    graph: (z) => div(mul(square(z), 2), add(sqrt(add(mul(square(z), 1 / c ** 2), 1)), 1)),
    logNormalisation: Math.log(norm),
    information: hyperbolic(c, -2) / norm,
  };
}

/**
 * c ∫ coshᵖ t · exp(−c² (cosh t − 1)) dt over all t: for p = 1 it is 2c exp(c²) K₁(c²), DLMF 10.32.9. The trapezoidal rule errs by less than rounding
 * at these steps: L. N. Trefethen, J. A. C. Weideman, SIAM Rev. 56 (2014) 385.
 */
function hyperbolic(c: number, p: number): number {
  const h = Math.min(0.25, 0.7 / c);
  const end = Math.acosh(1 + 45 / c ** 2); // exp(−45) is 3e-20
  let sum = 1;
  for (let t = h; t < end; t += h) sum += 2 * Math.cosh(t) ** p * Math.exp(-2 * c * c * Math.sinh(t / 2) ** 2);
  return c * h * sum;
}

/** c² ln(1 + z²/c²). Its density exists for c > 1, where it is Student's t with c² − 1 degrees of freedom, narrower by √(1 − 1/c²). */
export function cauchyLoss(c: number): Loss {
  return {
    ...logarithmic(c * c, c * c),
    logNormalisation: Math.log(c) + 0.5 * Math.log(Math.PI) + lnGamma((c * c - 1) / 2) - lnGamma((c * c) / 2),
    information: (c * c - 1) / (c * c + 2),
  };
}

/** (ν + 1) ln(1 + z²/ν). Information: K. Lange, R. Little, J. Taylor, J. Am. Stat. Assoc. 84 (1989) 881, appendix B. */
export function studentLoss(degrees: number): Loss {
  return {
    ...logarithmic(degrees + 1, degrees),
    logNormalisation: lnGamma(degrees / 2) - lnGamma((degrees + 1) / 2) + 0.5 * Math.log(degrees * Math.PI),
    information: (degrees + 1) / (degrees + 3),
  };
}

/** a ln(1 + z²/b). */
function logarithmic(a: number, b: number): Pick<Loss, "deviance" | "weight" | "curvature" | "graph"> {
  return {
    deviance: (z) => a * Math.log1p((z * z) / b),
    weight: (z) => a / (b + z * z),
    curvature: (z) => (a * (b - z * z)) / (b + z * z) ** 2,
    graph: (z) => mul(log1p(mul(square(z), 1 / b)), a),
  };
}
