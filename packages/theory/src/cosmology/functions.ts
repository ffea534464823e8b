/**
 * The cosmology of theory files for programs: the same formulas on numbers, and on graph tensors that can be differentiated and compiled.
 * The formulas with their sources are in the files beside this one.
 */

import { type Tensor, TetradError } from "@tetrad/engine";
import { type Environment, evaluate } from "../expression/evaluate.js";
import { toGraph } from "../expression/graph.js";
import { parseExpression } from "../expression/parse.js";
import { type Expression, namesIn } from "../expression/tree.js";
import { COSMOLOGY_UNITS, cosmologyLibrary } from "./library.js";

/** Parameters of a cosmology: numbers, or f64 scalars of a graph that is being traced. */
export interface Cosmology<V extends number | Tensor = number> {
  /** km/s/Mpc. */
  readonly H0: V;
  /** All matter, Ωm. */
  readonly Om: V;
  /** Dark energy; without it and `Ok` space is flat. */
  readonly Ode?: V;
  /** Curvature, in place of `Ode`. */
  readonly Ok?: V;
  /** w(a) = w0 + wa (1 − a); −1 and 0 unless given. */
  readonly w0?: V;
  readonly wa?: V;
  /** Of the microwave background, K. Without it there is no radiation. */
  readonly Tcmb?: V;
  /** Massless neutrinos; 3.046 unless given. */
  readonly Neff?: V;
  /** Baryons, Ωb: for sound horizons and power spectra. */
  readonly Ob?: V;
  /** Spectral index. */
  readonly ns?: V;
  /** Normalises spectra; or `As`, the curvature perturbations' power at 0.05/Mpc. */
  readonly sigma8?: V;
  readonly As?: V;
}

export interface CosmologyFunction {
  /**
   * @param x redshifts, or wave numbers in h/Mpc for spectra [n]
   * @returns one value each, in float64
   * @throws ARGUMENT for a missing or unknown parameter
   */
  (x: ArrayLike<number>, cosmology: Cosmology): Float64Array;
  /** The same while tracing: f64 [n], differentiable by every tensor given. */
  graph(x: ArrayLike<number> | Tensor, cosmology: Cosmology<number | Tensor>): Tensor;
}

function cosmologyFunction(name: string, takesArgument = true): CosmologyFunction {
  const known = new Map<string, Expression>();
  const expressionFor = (cosmology: object): Expression => {
    const given = Object.keys(cosmology).filter((key) => cosmology[key as keyof typeof cosmology] !== undefined);
    const unknown = given.find((key) => !Object.hasOwn(COSMOLOGY_UNITS, key));
    if (unknown !== undefined)
      throw new TetradError("ARGUMENT", {
        op: name,
        what: `a cosmology has no parameter ${unknown}`,
        expected: Object.keys(COSMOLOGY_UNITS).join(", "),
      });
    const key = given.sort().join();
    let expression = known.get(key);
    if (expression === undefined) {
      const library = cosmologyLibrary(new Set(given));
      expression = parseExpression({ text: takesArgument ? `${name}(x)` : name, field: name }, { names: [...given, "x"], library });
      known.set(key, expression);
    }
    return expression;
  };
  const onNumbers = (x: ArrayLike<number>, cosmology: Cosmology): Float64Array => {
    const expression = expressionFor(cosmology);
    const values = evaluate(expression, { ...(cosmology as unknown as Environment), x });
    return namesIn(expression).has("x") ? values : new Float64Array(x.length).fill(values[0] as number);
  };
  const graph = (x: ArrayLike<number> | Tensor, cosmology: Cosmology<number | Tensor>): Tensor => {
    const expression = expressionFor(cosmology);
    const symbols = { ...cosmology } as Record<string, number | Tensor>;
    return "dtype" in x ? toGraph(expression, { ...symbols, x }) : toGraph(expression, symbols, { x });
  };
  return Object.assign(onNumbers, { graph });
}

/** H(z), km/s/Mpc. */
export const hubble = cosmologyFunction("hubble");
/** Comoving distance along the line of sight, Mpc. */
export const comovingDistance = cosmologyFunction("comoving_distance");
/** Transverse comoving distance, Mpc. */
export const transverseDistance = cosmologyFunction("transverse_distance");
/** Mpc. */
export const luminosityDistance = cosmologyFunction("luminosity_distance");
/** Angular diameter distance, Mpc. */
export const angularDistance = cosmologyFunction("angular_distance");
/** m − M, magnitudes. */
export const distanceModulus = cosmologyFunction("distance_modulus");
/** (D_M² c z/H)^⅓ of isotropic BAO, Mpc. */
export const volumeDistance = cosmologyFunction("volume_distance");
/** All-sky comoving volume within z, Mpc³. */
export const comovingVolume = cosmologyFunction("comoving_volume");
/** Gyr. */
export const lookbackTime = cosmologyFunction("lookback_time");
/** Age of the universe at z, Gyr. */
export const age = cosmologyFunction("age");
/** D(z)/D(0). */
export const growthFactor = cosmologyFunction("growth");
/** d ln D/d ln a. */
export const growthRate = cosmologyFunction("growth_rate");
/** f σ8(z); needs `sigma8`, or `As` with `ns` and `Ob`. */
export const fSigma8 = cosmologyFunction("f_sigma8");
/** Comoving sound horizon at z, Mpc; needs `Ob` and `Tcmb`. */
export const soundHorizon = cosmologyFunction("sound_horizon");
/** Linear power today in (Mpc/h)³ by the transfer function of Bardeen et al.; needs `Ob`, `ns` and `sigma8` or `As`. */
export const powerBbks = cosmologyFunction("power_bbks");
/** The same by Eisenstein and Hu, with acoustic oscillations. */
export const powerEisensteinHu = cosmologyFunction("power_eh");
/** The same without them. */
export const powerNoWiggle = cosmologyFunction("power_eh_nowiggle");

/** A number of the cosmology itself. */
function cosmologyNumber(name: string): (cosmology: Cosmology) => number {
  const f = cosmologyFunction(name, false);
  return (cosmology) => f([0], cosmology)[0] as number;
}

/** Redshift of the drag epoch, by fit; needs `Ob`. */
export const dragRedshift = cosmologyNumber("z_drag");
/** Sound horizon at the drag epoch, Mpc, as Eisenstein and Hu solve it; needs `Ob`. */
export const soundHorizonEisensteinHu = cosmologyNumber("sound_horizon_eh");
/** The same by the fit of Aubourg et al. (2015), Mpc. */
export const soundHorizonFit = cosmologyNumber("sound_horizon_fit");
/** σ8 of the Eisenstein–Hu spectrum; needs `Ob`, `ns` and `As`. */
export const sigma8EisensteinHu = cosmologyNumber("sigma8_eh");
/** σ8 of the spectrum of Bardeen et al.; needs `Ob`, `ns` and `As`. */
export const sigma8Bbks = cosmologyNumber("sigma8_bbks");
