/** The age of a universe in which gravity may be stronger or weaker than ours: the demonstration's ground truth, in plain float64. */

import { TetradError } from "@tetrad/engine";
import { gaussLegendre, type Rule } from "../expression/quadrature.js";
import { random } from "../random.js";

/** 1 Mpc in km (IAU 2012/2015: 1 pc = 648000/π astronomical units). */
export const MPC_KM = (648000 / Math.PI) * 149597870.7 * 1e6;
/** 10⁹ Julian years in s. */
export const GYR_S = 365.25 * 86400 * 1e9;

/** H² = H0² [(G/G0)(Ωm a⁻³ + ΩΛ) + Ωk a⁻²]; the four numbers are independent, so H(a = 1) need not be H0. */
export interface Universe {
  /** G/G0. */
  readonly g: number;
  /** Matter density Ωm. */
  readonly om: number;
  /** Dark energy density ΩΛ. */
  readonly ol: number;
  /** Curvature Ωk. */
  readonly ok: number;
}

/** a³H²/H0², a cubic without a square term. */
function cubic({ g, om, ol, ok }: Universe, a: number): number {
  const turn = turningPoint({ g, om, ol, ok });
  // Near its minimum the cubic is that minimum plus a square: no cancellation, so a universe that almost bounced integrates smoothly.
  if (Math.abs(a - turn) < turn / 2) return g * om + (2 / 3) * ok * turn + g * ol * (a - turn) ** 2 * (a + 2 * turn);
  return g * om + a * (ok + g * ol * a * a);
}

/** Where the cubic's slope vanishes; NaN where it is monotonic. */
function turningPoint({ g, ol, ok }: Universe): number {
  return Math.sqrt(-ok / (3 * g * ol));
}

/** H² ≤ 0 somewhere in 0 < a ≤ 1: such a universe never went through a hot beginning, and has no age. */
export function bounces(universe: Universe): boolean {
  const { g, om, ok } = universe;
  if (!(g * om >= 0) || (om === 0 && !(ok > 0)) || !(cubic(universe, 1) > 0)) return true;
  const turn = turningPoint(universe);
  return turn > 0 && turn < 1 && !(cubic(universe, turn) > 0);
}

/** A panel is halved until two rules agree to this part of the whole integral; the finer one then errs by far less. */
const AGREEMENT = 1e-13;
const DEEPEST = 40;

/**
 * Age t0 = ∫₀¹ da / (a H) in Gyr, with relative error below 1e-12.
 *
 * With a = b² the integrand 2b²/√(gΩm + Ωk b² + gΩΛ b⁶) has no end-point singularity; Gauss–Legendre panels are halved where
 * it varies fast, as it does in a universe that almost bounced.
 * @param universe with `h0` in km/s/Mpc
 * @throws ARGUMENT for a universe that bounces, or numbers that are not finite
 */
export function ageOfUniverse(universe: Universe & { readonly h0: number }): number {
  const { g, om, ol, ok, h0 } = universe;
  if (![g, om, ol, ok, h0].every(Number.isFinite) || !(h0 > 0) || !(g > 0)) {
    throw new TetradError("ARGUMENT", {
      op: "ageOfUniverse",
      what: "numbers out of range",
      got: `G/G0 = ${g}, Ωm = ${om}, ΩΛ = ${ol}, Ωk = ${ok}, H0 = ${h0}`,
      expected: "finite numbers, G/G0 > 0 and H0 > 0",
    });
  }
  if (bounces(universe)) {
    throw new TetradError("ARGUMENT", {
      op: "ageOfUniverse",
      what: "H² is not positive all the way from a = 0 to a = 1: this universe has no age",
      got: `G/G0 = ${g}, Ωm = ${om}, ΩΛ = ${ol}, Ωk = ${ok}`,
      hint: "leave out universes for which bounces() is true",
    });
  }
  const integrand = (b: number): number => {
    const a = b * b;
    return (2 * a) / Math.sqrt(cubic(universe, a));
  };
  return (MPC_KM / (GYR_S * h0)) * integrate(integrand, 0, 1);
}

function integrate(f: (x: number) => number, from: number, to: number): number {
  const coarse = gaussLegendre(10);
  const fine = gaussLegendre(21);
  const panel = (a: number, b: number, rule: Rule): number => {
    let sum = 0;
    for (let i = 0; i < rule.nodes.length; i++)
      sum += (rule.weights[i] as number) * f((a + b) / 2 + ((b - a) / 2) * (rule.nodes[i] as number));
    return (sum * (b - a)) / 2;
  };
  const whole = Math.abs(panel(from, to, fine));
  const visit = (a: number, b: number, depth: number): number => {
    const value = panel(a, b, fine);
    if (depth === DEEPEST || Math.abs(value - panel(a, b, coarse)) <= AGREEMENT * whole) return value;
    const middle = (a + b) / 2;
    return visit(a, middle, depth + 1) + visit(middle, b, depth + 1);
  };
  return visit(from, to, 0);
}

/** Intervals that universes are drawn from. */
export interface UniverseRanges {
  readonly g: readonly [number, number];
  readonly om: readonly [number, number];
  readonly ol: readonly [number, number];
  readonly ok: readonly [number, number];
}

/**
 * Around our own universe (1, 0.3, 0.7, 0). Ages there run from 10 to 24 Gyr, and a network 4-64-32-1 learns them to 1 % at worst;
 * twice as wide, the box touches universes that almost bounce, whose ages grow without limit.
 */
export const DEFAULT_RANGES: UniverseRanges = { g: [0.75, 1.25], om: [0.2, 0.4], ol: [0.5, 0.9], ok: [-0.2, 0.2] };

export interface UniverseSample {
  /** G/G0, Ωm, ΩΛ, Ωk of each universe, [n, 4] row-major. */
  readonly inputs: Float32Array;
  /** Ages in Gyr [n]. */
  readonly ages: Float32Array;
  readonly n: number;
  /** Universes drawn and left out because they bounce. */
  readonly bounced: number;
}

/**
 * Universes with their ages, the four numbers drawn independently and uniformly.
 * @param seed the same seed gives the same universes
 * @param h0 in km/s/Mpc
 */
export function sampleUniverses(n: number, seed: number, ranges: UniverseRanges = DEFAULT_RANGES, h0 = 67.4): UniverseSample {
  const source = random(seed);
  const draw = ([low, high]: readonly [number, number]): number => Math.fround(low + (high - low) * source.next());
  const inputs = new Float32Array(4 * n);
  const ages = new Float32Array(n);
  let bounced = 0;
  for (let i = 0; i < n; ) {
    const universe: Universe = { g: draw(ranges.g), om: draw(ranges.om), ol: draw(ranges.ol), ok: draw(ranges.ok) };
    if (bounces(universe)) {
      if (++bounced > 100 * n + 1000)
        throw new TetradError("ARGUMENT", {
          op: "sampleUniverses",
          what: "almost every universe in these ranges bounces",
          hint: "widen the ranges towards positive curvature or more matter",
        });
      continue;
    }
    inputs.set([universe.g, universe.om, universe.ol, universe.ok], 4 * i);
    ages[i] = ageOfUniverse({ ...universe, h0 });
    i++;
  }
  return { inputs, ages, n, bounced };
}
