/** Times: D. W. Hogg, arXiv:astro-ph/9905116 (1999), eq. 30. */

import { formula } from "./formula.js";

export const TIMES = [
  /** Eq. 30 with u = ln(1+z). */
  formula("lookback_time(z)", "_hubble_time/H0*integrate(1/sqrt(E2(expm1(u))), u, 0, log1p(z), 24)", "Gyr"),
  /** Eq. 30 from z to infinity; a = b² takes the square root at the beginning away. */
  formula("age(z)", "_hubble_time/H0*integrate(2/(b*sqrt(E2(1/b^2 - 1))), b, 0, 1/sqrt(1+z), 96)", "Gyr"),
];
