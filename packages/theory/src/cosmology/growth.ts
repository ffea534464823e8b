/**
 * Growth of linear matter perturbations, D'' + (2 + H'/H) D' = (3/2) G Ωm(a) D with ' = d/d ln a: P. J. E. Peebles, The Large-Scale
 * Structure of the Universe (1980), eq. 10.2 (G = 1). With x = ln a, e = a^{3/2} E and s = e d ln D/dx that is s' = (3/2 Ωm G − s²)/e − s/2,
 * which needs no derivative of E, so that it holds for every `E2(z)` and every `gravity(z)` = G_eff/G a theory may give; s is constant
 * while matter rules. It starts at a = e⁻¹⁰ on the growing mode, with radiation that of P. Mészáros, Astron. Astrophys. 37 (1974) 225: D ∝ a + 2/3 Ωr/Ωm.
 */

import { formula } from "./formula.js";

const system = (result: string, to: string): string =>
  `solve(${result}, [s/_inertia(x) - 1, (1.5*Om*gravity(expm1(-x)) - s^2)/_inertia(x) - s/2], [g, s], [log(_early), _inertia(-10)/_early], x, -10, ${to}, 160)`;

export const GROWTH = [
  /** G_eff/G for growing perturbations: 1 in general relativity. */
  formula("gravity(z)", 1),
  formula("_inertia(x)", "exp(1.5*x)*sqrt(E2(expm1(-x)))"),
  formula("_early", "1 + 2/3*Or/Om*exp(10)"),
  /** ln(D/a), with D = a deep in the matter era. */
  formula("_log_growth(z)", system("g", "-log1p(z)")),
  /** D(z)/D(0). */
  formula("growth(z)", "exp(_log_growth(z) - _log_growth(0))/(1+z)"),
  /** f = d ln D/d ln a. */
  formula("growth_rate(z)", system("s/_inertia(x)", "-log1p(z)")),
  /** f σ8(z), what redshift-space distortions measure: Y.-S. Song, W. J. Percival, JCAP 10 (2009) 004. */
  formula("f_sigma8(z)", "growth_rate(z)*sigma8*growth(z)"),
];
