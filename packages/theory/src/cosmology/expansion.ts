/** The Friedmann equation. A theory of another gravity gives its own `E2(z)` or `dark_energy(z)`, and everything below and in the other files follows. */

import type { Definition } from "../expression/parse.js";
import { formula } from "./formula.js";

/** What a theory gives; the rest follows. */
export type Given = Pick<ReadonlySet<string>, "has">;

/**
 * Ωde follows in flat space; with `Ode` given, Ωk does, and with `Ok`, Ωde. Radiation is left out unless `Tcmb` is given.
 * D. W. Hogg, arXiv:astro-ph/9905116 (1999), eq. 14.
 */
export function densities(given: Given): Definition[] {
  const curved = given.has("Ode");
  return [
    formula("Ok", curved ? "1 - Om - Ode - Or" : 0),
    formula("Ode", given.has("Ok") ? "1 - Om - Ok - Or" : "1 - Om - Or"),
    /** Photons and massless neutrinos: E. W. Kolb, M. S. Turner, The Early Universe (1990), secs. 3.3 and 3.5; Nν = 3.046: G. Mangano et al., Nucl. Phys. B 729 (2005) 221. */
    formula("Or", given.has("Tcmb") ? "_photons*(1 + 7/8*(4/11)^(4/3)*Neff)" : 0),
    formula("Neff", 3.046),
    /** 4σT⁴/c³ over the critical density 3H0²/8πG. */
    formula("_photons", "4*_sigma_sb*Tcmb^4/_c_si^3/(3*(H0/_km_per_Mpc)^2/(8*pi*_G))"),
    formula("w0", -1),
    formula("wa", 0),
  ];
}

export const EXPANSION = [
  /** ρde(z)/ρde(0) for w(a) = w0 + wa (1 − a): M. Chevallier, D. Polarski, Int. J. Mod. Phys. D 10 (2001) 213; E. V. Linder, Phys. Rev. Lett. 90 (2003) 091301. */
  formula("dark_energy(z)", "exp(3*(1 + w0 + wa)*log1p(z) - 3*wa*z/(1+z))"),
  /** H²/H0²: P. J. E. Peebles, Principles of Physical Cosmology (1993), eq. 13.3, with radiation. */
  formula("E2(z)", "Or*(1+z)^4 + Om*(1+z)^3 + Ok*(1+z)^2 + Ode*dark_energy(z)"),
  /** Hogg (1999), eq. 14. */
  formula("hubble(z)", "H0*sqrt(E2(z))", "km/s/Mpc"),
  /** Ωm(z): matter over the critical density then; Peebles (1993), eq. 13.3. */
  formula("matter_fraction(z)", "Om*(1+z)^3/E2(z)"),
];
