/** Distances: D. W. Hogg, Distance measures in cosmology, arXiv:astro-ph/9905116 (1999); numbers are its equations. */

import { formula } from "./formula.js";

/**
 * sinh(√y)/√y = Σ yⁿ/(2n+1)!, which is sin(√−y)/√−y below 0 and smooth through it: its series at y/81, then twice sinh 3t = 3 sinh t + 4 sinh³ t. Exact to
 * 1e-15 for |y| ≤ 40, where a closed universe ends at y = −π². The series alone needs 18 terms there, and a million scans of 1048 distances 22.8 s for 15.2.
 * Coefficients are numbers, so that each term is a product and a sum.
 */
function seriesOfSinh(terms: number): string {
  const coefficients = [1];
  for (let n = 1; n <= terms; n++) coefficients.push((coefficients[n - 1] as number) / (2 * n * (2 * n + 1)));
  return coefficients.reduceRight((text, coefficient) => (text === "" ? `${coefficient}` : `${coefficient} + y*(${text})`), "");
}

export const DISTANCES = [
  formula("_small_sinhc(y)", seriesOfSinh(8)),
  formula("_tripled(s, y)", "s*(1 + 4/3*y*s^2)"),
  formula("_sinhc(y)", "_tripled(_tripled(_small_sinhc(y/81), y/81), y/9)"),
  /** D_C H0/c, eq. 15; u = ln(1+z) halves the nodes that z itself would need. 24 of them err by less than 1e-13 up to z = 10. */
  formula("_comoving(z)", "integrate(exp(u)/sqrt(E2(expm1(u))), u, 0, log1p(z), 24)"),
  /** D_M H0/c, eq. 16. */
  formula("_transverse(z)", "_comoving(z)*_sinhc(Ok*_comoving(z)^2)"),
  /** Eq. 15. */
  formula("comoving_distance(z)", "_c/H0*_comoving(z)", "Mpc"),
  /** Eq. 16. */
  formula("transverse_distance(z)", "_c/H0*_transverse(z)", "Mpc"),
  /** Eq. 21. */
  formula("luminosity_distance(z)", "(1+z)*transverse_distance(z)", "Mpc"),
  /** Eq. 18. */
  formula("angular_distance(z)", "transverse_distance(z)/(1+z)", "Mpc"),
  /** m − M, eq. 25. */
  formula("distance_modulus(z)", "5*log10(luminosity_distance(z)/_Mpc) + 25"),
  /** The same for a source whose light is dimmed by its heliocentric redshift: T. M. Davis et al., ApJ 741 (2011) 67. */
  formula("distance_modulus_of(zcmb, zhel)", "5*log10((1+zhel)*transverse_distance(zcmb)/_Mpc) + 25"),
  /** 5 log10 D_L H0/c: all that supernovae tell as long as neither their brightness nor H0 is known; S. Perlmutter et al., ApJ 517 (1999) 565, sec. 4. */
  formula("supernova_modulus(zcmb, zhel)", "5*log10((1+zhel)*_transverse(zcmb))"),
  /** D_V of isotropic BAO: D. J. Eisenstein et al., ApJ 633 (2005) 560, eq. 2. */
  formula("volume_distance(z)", "(transverse_distance(z)^2*hubble_distance(z)*z)^(1/3)", "Mpc"),
  /** c/H(z): eq. 4 at another epoch. */
  formula("hubble_distance(z)", "_c/hubble(z)", "Mpc"),
  /** All-sky volume within z, eq. 28 integrated: 4π∫D_M² dD_C, where D_M is smooth through Ωk = 0. */
  formula("comoving_volume(z)", "4*pi*(_c/H0)^3*integrate((t*_sinhc(Ok*t^2))^2, t, 0, _comoving(z), 16)", "Mpc^3"),
];
