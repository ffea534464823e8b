/** The sound horizon where baryons and photons part. EH: D. J. Eisenstein, W. Hu, ApJ 496 (1998) 605; numbers are its equations. */

import type { Definition } from "../expression/parse.js";
import type { Given } from "./expansion.js";
import { formula } from "./formula.js";

export function soundHorizon(given: Given): Definition[] {
  return [
    formula("_omh2", "Om*_h^2"),
    formula("_obh2", "Ob*_h^2"),
    /** T/2.7 K, where the measured temperature (D. J. Fixsen, ApJ 707 (2009) 916) stands in for one that is not given. */
    given.has("Tcmb") ? formula("_theta", "Tcmb/_T27") : formula("_theta", 2.7255 / 2.7),
    formula("_T27", 2.7, "K"),
    /** Eq. 2. */
    formula("z_equality", "2.5e4*_omh2/_theta^4"),
    /** Eq. 3, in 1/Mpc. */
    formula("_k_equality", "7.46e-2*_omh2/_theta^2"),
    /** Eq. 4. */
    formula("z_drag", "1291*_omh2^0.251/(1 + 0.659*_omh2^0.828)*(1 + _drag1*_obh2^_drag2)"),
    formula("_drag1", "0.313*_omh2^(-0.419)*(1 + 0.607*_omh2^0.674)"),
    formula("_drag2", "0.238*_omh2^0.223"),
    /** Eq. 5: 3ρb/4ργ. */
    formula("_baryons(z)", "31500*_obh2/_theta^4/(1+z)"),
    /** Eq. 6, in Mpc. */
    formula("_sound", "2/(3*_k_equality)*sqrt(6/_baryons(z_equality - 1))*log(_sound_over/(1 + sqrt(_baryons(z_equality - 1))))"),
    formula("_sound_over", "sqrt(1 + _baryons(z_drag - 1)) + sqrt(_baryons(z_drag - 1) + _baryons(z_equality - 1))"),
    /** Eq. 6: the sound horizon at the drag epoch of matter and radiation alone. */
    formula("sound_horizon_eh", "_sound*_Mpc", "Mpc"),
    /** Eq. 26: a fit to eq. 6, good to 2 % for Ωb h² > 0.0125 and 0.025 < Ω0 h² < 0.5. */
    formula("sound_horizon_eh_fit", "_sound_fit*_Mpc", "Mpc"),
    formula("_sound_fit", "44.5*log(9.83/_omh2)/sqrt(1 + 10*_obh2^0.75)"),
    /** Fit to CAMB for massless neutrinos, Ων h² = 0: É. Aubourg et al., Phys. Rev. D 92 (2015) 123516, eq. 16. */
    formula("sound_horizon_fit", "55.154*exp(-72.3*0.0006^2)/(_omh2^0.25351*_obh2^0.12807)*_Mpc", "Mpc"),
    /** Recombination: W. Hu, N. Sugiyama, ApJ 471 (1996) 542, eq. E-1. */
    formula("z_recombination", "1048*(1 + 0.00124*_obh2^(-0.738))*(1 + _star1*_omh2^_star2)"),
    formula("_star1", "0.0783*_obh2^(-0.238)/(1 + 39.5*_obh2^0.763)"),
    formula("_star2", "0.560/(1 + 21.1*_obh2^1.81)"),
    /** ∫ c_s dz/H from z to infinity with c_s = c/√(3(1+R)), EH eq. 6 before it is solved, for the theory's own E2; needs `Tcmb`, since matter alone has a larger horizon. a = b². */
    formula(
      "sound_horizon(z)",
      "_c/H0/sqrt(3)*integrate(2/(b^3*sqrt(E2(1/b^2 - 1)*(1 + _baryons(1/b^2 - 1)))), b, 0, 1/sqrt(1+z), 96)",
      "Mpc",
    ),
  ];
}
