/** Linear matter power spectra today in (Mpc/h)³, and σ8; multiply by growth(z)^2 for other times. */

import type { Definition } from "../expression/parse.js";
import type { Given } from "./expansion.js";
import { formula } from "./formula.js";

/**
 * σ²(R = 8 Mpc/h) = ∫ k³P/(2π²) W²(kR) d ln k of a spectrum, with a top hat's W: P. J. E. Peebles, Principles of Physical Cosmology (1993), sec. 21. In ln k while kR is small, in k
 * where W oscillates, and with the mean of W², 9(1 + y⁻²)/(2y⁴) at y = kR, beyond y = 200: to a few 1e-9.
 */
const variance = (spectrum: string): string =>
  [
    `integrate(exp(3*u)*${spectrum}(exp(u))*_top_hat(8*exp(u))^2, u, -8, log(0.25), 64)`,
    `integrate(x^2*${spectrum}(x)*_top_hat(8*x)^2, x, 0.25, 25, 320)`,
    `integrate(exp(3*u)*${spectrum}(exp(u))*4.5*(1 + (8*exp(u))^(-2))*(8*exp(u))^(-4), u, log(25), log(2500), 24)`,
  ].join(" + ");

const kinds = ["bbks", "eh", "eh_nowiggle"] as const;
const TRANSFERS = { bbks: "_bbks", eh: "_eh", eh_nowiggle: "_nowiggle" } as const;

/** @param given with `sigma8` spectra are normalised to it; with `As` (curvature perturbations at 0.05/Mpc) σ8 follows */
export function powerSpectra(given: Given): Definition[] {
  const bySigma8 = given.has("sigma8");
  return [
    formula("_top_hat(y)", "3*(sin(y) - y*cos(y))/y^3"),
    /**
     * k³P/2π² = 4/25 As (k/k_p)^{ns−1} (ck/H0)⁴ (T D/Ωm)², D = a deep in the matter era: D. J. Eisenstein, W. Hu, ApJ 511 (1999) 5, sec. 4,
     * in terms of As as in Planck 2018 VI, arXiv:1807.06209, sec. 2; per x^ns T².
     */
    formula("_primordial", "8*pi^2/25*As*_growth(0)^2/Om^2*(_c/_hundred/_Mpc)^4*(_h/0.05)^(ns - 1)"),
    ...kinds.flatMap((kind) => [
      formula(`_shape_${kind}(x)`, `x^ns*${TRANSFERS[kind]}(x)^2`),
      formula(`_variance_${kind}`, `(${variance(`_shape_${kind}`)})/(2*pi^2)`),
      formula(`power_${kind}(k)`, `_amplitude_${kind}*_shape_${kind}(k/_k_unit)*_power_unit`, "Mpc^3/h^3"),
      formula(`_amplitude_${kind}`, bySigma8 ? `sigma8^2/_variance_${kind}` : "_primordial"),
      formula(`sigma8_${kind}`, bySigma8 ? "sigma8" : `sqrt(_primordial*_variance_${kind})`),
    ]),
    ...(bySigma8 ? [] : [formula("sigma8", "sigma8_eh")]),
  ];
}
