/** `use: cosmology` in a theory file: everything in this folder by name, for the parameters that the theory has. */

import { TetradError } from "@tetrad/engine";
import type { Definition } from "../expression/parse.js";
import { CONSTANTS } from "./constants.js";
import { DISTANCES } from "./distances.js";
import { densities, EXPANSION, type Given } from "./expansion.js";
import { GROWTH } from "./growth.js";
import { powerSpectra } from "./power.js";
import { soundHorizon } from "./sound-horizon.js";
import { TIMES } from "./times.js";
import { TRANSFER } from "./transfer.js";

/** Names that mean something to the library, with the units they come in. Only H0 and Om have to be given, and what a formula names besides. */
export const COSMOLOGY_UNITS: Readonly<Record<string, string>> = {
  H0: "km/s/Mpc",
  Om: "1",
  Ode: "1",
  Ok: "1",
  Or: "1",
  w0: "1",
  wa: "1",
  Tcmb: "K",
  Neff: "1",
  Ob: "1",
  ns: "1",
  sigma8: "1",
  As: "1",
};

/**
 * @param given names of the theory's parameters, constants and definitions
 * @throws ARGUMENT for both Ode and Ok: one follows from the other
 */
export function cosmologyLibrary(given: Given): readonly Definition[] {
  if (given.has("Ode") && given.has("Ok") && !given.has("E2")) {
    throw new TetradError("ARGUMENT", {
      op: "cosmology",
      what: "both Ode and Ok are given, and one follows from the other: Ode + Ok + Om + Or = 1",
      hint: "remove one of them; without both, space is flat",
    });
  }
  return [
    ...CONSTANTS,
    ...densities(given),
    ...EXPANSION,
    ...DISTANCES,
    ...TIMES,
    ...GROWTH,
    ...soundHorizon(given),
    ...TRANSFER,
    ...powerSpectra(given),
  ].filter(({ name }) => !given.has(name));
}
