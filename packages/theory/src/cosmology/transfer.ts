/**
 * Transfer functions of cold dark matter, T → 1 at large scales; wave numbers x in h/Mpc. EH: D. J. Eisenstein, W. Hu, ApJ 496 (1998) 605;
 * numbers are its equations. Beside CAMB's power from 0.001 to 1 h/Mpc over the box of ωb 0.019–0.026, ωc 0.08–0.16, h 0.55–0.85: `transfer_eh` 1.3 % rms and
 * 5 % at worst, at the first oscillations; `transfer_eh_nowiggle`, which cuts through them, 4 and 12 %; `transfer_bbks` 7 and 17 %.
 */

import { formula } from "./formula.js";

export const TRANSFER = [
  /** J. M. Bardeen, J. R. Bond, N. Kaiser, A. S. Szalay, ApJ 304 (1986) 15, eq. G3; shape Γ of N. Sugiyama, ApJS 100 (1995) 281, eq. 3.9. */
  formula("_bbks(x)", "_bbks_of(x*_theta^2/(Om*_h*exp(-Ob*(1 + sqrt(2*_h)/Om))))"),
  formula("_bbks_of(q)", "log1p(2.34*q)/(2.34*q)*(1 + 3.89*q + (16.1*q)^2 + (5.46*q)^3 + (6.71*q)^4)^(-0.25)"),

  /** Eq. 10. */
  formula("_q(x)", "x*_h/(13.41*_k_equality)"),
  formula("_fb", "Ob/Om"),
  /** Eqs. 11. */
  formula("_alpha_c", "_alpha1^(-_fb)*_alpha2^(-_fb^3)"),
  formula("_alpha1", "(46.9*_omh2)^0.670*(1 + (32.1*_omh2)^(-0.532))"),
  formula("_alpha2", "(12*_omh2)^0.424*(1 + (45*_omh2)^(-0.582))"),
  /** Eqs. 12. */
  formula("_beta_c", "1/(1 + _beta1*((1 - _fb)^_beta2 - 1))"),
  formula("_beta1", "0.944/(1 + (458*_omh2)^(-0.708))"),
  formula("_beta2", "(0.395*_omh2)^(-0.0266)"),
  /** Eqs. 19 and 20. */
  formula("_T0(q, alpha, beta)", "log(exp(1) + 1.8*beta*q)/(log(exp(1) + 1.8*beta*q) + (14.2/alpha + 386/(1 + 69.9*q^1.08))*q^2)"),
  /** Eqs. 17 and 18. */
  formula("_cold_share(x)", "1/(1 + (x*_h*_sound/5.4)^4)"),
  formula("_cold(x)", "_cold_share(x)*_T0(_q(x), 1, _beta_c) + (1 - _cold_share(x))*_T0(_q(x), _alpha_c, _beta_c)"),
  /** Eq. 7, in 1/Mpc. */
  formula("_k_silk", "1.6*_obh2^0.52*_omh2^0.73*(1 + (10.4*_omh2)^(-0.95))"),
  /** Eqs. 14 and 15. */
  formula("_alpha_b", "2.07*_k_equality*_sound*(1 + _baryons(z_drag - 1))^(-0.75)*_suppression((1 + z_equality)/(1 + z_drag))"),
  formula("_suppression(y)", "y*(-6*sqrt(1+y) + (2 + 3*y)*log((sqrt(1+y) + 1)/(sqrt(1+y) - 1)))"),
  /** Eq. 23. */
  formula("_beta_node", "8.41*_omh2^0.435"),
  /** Eq. 24. */
  formula("_beta_b", "0.5 + _fb + (3 - 2*_fb)*sqrt((17.2*_omh2)^2 + 1)"),
  /** Eqs. 21 and 22. */
  formula("_baryonic(x)", "_baryonic_of(x*_h*_sound, x*_h, _T0(_q(x), 1, 1))"),
  formula(
    "_baryonic_of(ks, k, t)",
    "(t/(1 + (ks/5.2)^2) + _alpha_b/(1 + (_beta_b/ks)^3)*exp(-(k/_k_silk)^1.4))*_j0(ks/(1 + (_beta_node/ks)^3)^(1/3))",
  ),
  formula("_j0(y)", "sin(y)/y"),
  /** Eq. 16. */
  formula("_eh(x)", "_fb*_baryonic(x) + (1 - _fb)*_cold(x)"),

  /** Eqs. 28 to 31: without acoustic oscillations. */
  formula("_nowiggle(x)", "_nowiggle_of(x*_theta^2/_gamma(x*_h*_sound_fit))"),
  formula("_nowiggle_of(q)", "log(2*exp(1) + 1.8*q)/(log(2*exp(1) + 1.8*q) + (14.2 + 731/(1 + 62.5*q))*q^2)"),
  formula("_gamma(ks)", "Om*_h*(_alpha_gamma + (1 - _alpha_gamma)/(1 + (0.43*ks)^4))"),
  formula("_alpha_gamma", "1 - 0.328*log(431*_omh2)*_fb + 0.38*log(22.3*_omh2)*_fb^2"),

  formula("transfer_bbks(k)", "_bbks(k/_k_unit)"),
  formula("transfer_eh(k)", "_eh(k/_k_unit)"),
  formula("transfer_eh_nowiggle(k)", "_nowiggle(k/_k_unit)"),
];
