/**
 * Growth of linear matter perturbations, D'' + (2 + H'/H) D' = (3/2) G Ωm(a) D with ' = d/d ln a: P. J. E. Peebles, The Large-Scale
 * Structure of the Universe (1980), eq. 10.2 (G = 1). With x = ln a, e = a^{3/2} E, g = D/a and w = e D'/a that is g' = w/e − g, w' = 3/2 Ωm G g/e − 3/2 w:
 * linear, without a derivative of E, so that it holds for every `E2(z)` and every `gravity(z)` = G_eff/G a theory may give, and with g and w constant
 * while matter rules. It starts at a = e⁻¹⁰ on the growing mode, with radiation that of P. Mészáros, Astron. Astrophys. 37 (1974) 225: D ∝ a + 2/3 Ωr/Ωm.
 * Curvature takes the part 4/7 Ωk a/Ωm of D where matter rules, and Ωk a²/(4.5 Ωr) where radiation does: both orders at once by the factor `_matter`. Without it spectra
 * of As in a universe with Ωk = 0.06 are 3e-7 too high, and 1e-5 without radiation.
 */

import { formula } from "./formula.js";

const system = (result: string, to: string): string =>
  `solve(${result}, [w/_inertia(x) - g, 1.5*Om*gravity(expm1(-x))*g/_inertia(x) - 1.5*w], [g, w], [_early, _early_slope], x, -10, ${to}, 200)`;

export const GROWTH = [
  /** G_eff/G for growing perturbations: 1 in general relativity. */
  formula("gravity(z)", 1),
  formula("_inertia(x)", "exp(1.5*x)*sqrt(E2(expm1(-x)))"),
  formula("_early", "1 + 2/3*Or/Om*exp(10) - _bend*_matter"),
  formula("_early_slope", "_inertia(-10)*(1 - _bend*_matter*(3 - _matter))"),
  formula("_bend", "4/7*Ok/Om*exp(-10)"),
  formula("_matter", "1/(1 + 18/7*Or/Om*exp(10))"),
  /** D/a, with D = a deep in the matter era. */
  formula("_growth(z)", system("g", "-log1p(z)")),
  /** D(z)/D(0). */
  formula("growth(z)", "_growth(z)/_growth(0)/(1+z)"),
  /** f = d ln D/d ln a. */
  formula("growth_rate(z)", system("w/(_inertia(x)*g)", "-log1p(z)")),
  /** f σ8(z), what redshift-space distortions measure: Y.-S. Song, W. J. Percival, JCAP 10 (2009) 004. */
  formula("f_sigma8(z)", "growth_rate(z)*sigma8*growth(z)"),
];
