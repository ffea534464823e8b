/** Constants of nature, with units: CODATA 2018 as astropy uses it, IAU 2012 B2 and 2015 B2, Julian years. */

import { formula } from "./formula.js";
import { GYR_S, MPC_KM } from "./universe.js";

export const CONSTANTS = [
  /** Exact (SI). */
  formula("_c", 299792.458, "km/s"),
  formula("_c_si", 299792458, "m/s"),
  /** CODATA 2018. */
  formula("_G", 6.6743e-11, "m^3/kg/s^2"),
  formula("_sigma_sb", 5.6703744191844314e-8, "W/m^2/K^4"),
  /** Mpc in km: IAU parsec of 648000/π au. */
  formula("_km_per_Mpc", MPC_KM, "km/Mpc"),
  /** 1/H0 in Gyr for H0 = 1 km/s/Mpc. */
  formula("_hubble_time", MPC_KM / GYR_S, "Gyr*km/s/Mpc"),
  formula("_Mpc", 1, "Mpc"),
  formula("_hundred", 100, "km/s/Mpc"),
  /** Wave numbers and powers of spectra come in h/Mpc and (Mpc/h)³. */
  formula("_k_unit", 1, "h/Mpc"),
  formula("_power_unit", 1, "Mpc^3/h^3"),
  /** H0 = 100 h km/s/Mpc. */
  formula("_h", "H0/_hundred"),
];
