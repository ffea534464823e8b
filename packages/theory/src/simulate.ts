/** Data that a theory could have produced: its model at given parameters, with errors drawn from its likelihood. */

import { TetradError } from "@tetrad/engine";
import { evaluateRows } from "./expression/evaluate.js";
import { observeAll, type TheoryData } from "./likelihood.js";
import type { Observed } from "./likelihood-graph.js";
import { type Loss, lossOf } from "./loss.js";
import { solveLower, type Vector } from "./minimise/dense.js";
import { type Columns, columnsOf } from "./observations.js";
import { normalPair, normals, type Random, random } from "./random.js";
import { type Noise, parameterValues, type Theory } from "./theory.js";

export interface SimulateOptions {
  /** Of parameters by name; their starts otherwise. */
  readonly values?: Readonly<Record<string, number>>;
  /** Factors of the models of sets that marginalise one, by the sets' names; 1 unless told. */
  readonly factors?: Readonly<Record<string, number>>;
  /** The same seed gives the same data; 0 unless told. */
  readonly seed?: number;
}

/**
 * @param design data whose x and errors (or covariance) are kept; measured values take no part, but have to be there
 * @returns data for every set by its name, to be given to `fitTheory`; without a marginalised offset
 * @throws ARGUMENT for a value of an unknown parameter; DATA as `observe`, and where the model is not finite or a rate is negative
 */
export function simulate(
  theory: Theory,
  design?: TheoryData,
  { values = {}, factors = {}, seed = 0 }: SimulateOptions = {},
): Record<string, Columns> {
  const unknown = Object.keys(values).find((name) => !theory.parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined) {
    throw new TetradError("ARGUMENT", {
      op: "simulate",
      what: `${unknown} is not a parameter`,
      expected: theory.parameters.map(({ name }) => name).join(", "),
    });
  }
  const source = random(seed);
  return Object.fromEntries(
    observeAll(theory, design).map((one) => {
      const { set, observations } = one;
      const model = evaluateRows(set.model, { ...parameterValues(theory), ...values, ...observations.x }, observations.n);
      const factor = factors[set.name] ?? 1;
      const y = scattered(
        one,
        model.map((value) => value * factor),
        source,
      );
      return [set.name, columnsOf(set, { ...observations, y, source: `${set.name}, simulated` })];
    }),
  );
}

/** y drawn about a model [n] by a set's likelihood. @throws DATA where the model is not finite or a rate is negative */
export function scattered({ set, observations }: Observed, model: Vector, source: Random): Vector {
  const { n, whitening } = observations;
  const bad = model.findIndex((value) => !Number.isFinite(value) || (set.noise.kind === "poisson" && value < 0));
  if (bad >= 0) {
    throw new TetradError("DATA", {
      op: set.name,
      what: "the model gives no datum here",
      got: `${model[bad]}`,
      at: observations.place(bad),
      hint: "simulate with parameters for which the model is defined",
    });
  }
  if (set.noise.kind === "poisson") return model.map((rate) => poisson(rate, source));
  const { noise } = set;
  const z = standardised(noise, n, source);
  // W r = z with WᵀW = C⁻¹ gives r the covariance C.
  const scatter =
    whitening.kind === "diagonal" ? z.map((value, i) => value / (whitening.values[i] as number)) : solveLower(whitening.values, z, n);
  return model.map((value, i) => value + (scatter[i] as number));
}

/** n draws of (y − model)/error. */
function standardised(noise: Exclude<Noise, { kind: "poisson" }>, n: number, source: Random): Vector {
  if (noise.kind === "huber" || noise.kind === "soft_l1") {
    const loss = lossOf(noise) as Loss;
    return Float64Array.from({ length: n }, () => logConcave(loss, source));
  }
  const z = normals(n, source);
  if (noise.kind === "gaussian") return z;
  // t = z/√(χ²/ν); the density of the Cauchy loss is Student's too, with another width.
  const { degrees, width } =
    noise.kind === "student"
      ? { degrees: noise.degrees, width: 1 }
      : { degrees: noise.scale ** 2 - 1, width: noise.scale / Math.sqrt(noise.scale ** 2 - 1) };
  return z.map((value) => (width * value) / Math.sqrt((2 * gamma(degrees / 2, source)) / degrees));
}

/**
 * By rejection from a bound that every log-concave density g that falls from x = 0 on keeps below: g(0) min(1, exp(1 − g(0) x)).
 * L. Devroye, Non-Uniform Random Variate Generation (1986), VII.2.
 */
function logConcave(loss: Loss, source: Random): number {
  const unit = Math.exp(loss.logNormalisation) / 2; // 1/g(0) for the half above 0
  for (;;) {
    const x = source.next() < 0.5 ? source.next() : 1 - Math.log(1 - source.next());
    const accepted = (1 - source.next()) * Math.min(1, Math.exp(1 - x)) <= Math.exp(-0.5 * loss.deviance(x * unit));
    if (accepted) return source.next() < 0.5 ? -x * unit : x * unit;
  }
}

/** Counts by the product of uniform numbers, in pieces so that e^−rate stays a number: D. E. Knuth, The Art of Computer Programming 2, 3.4.1 F. */
function poisson(rate: number, source: Random): number {
  let count = 0;
  for (let rest = rate; rest > 0; rest -= 500) {
    const limit = Math.exp(-Math.min(rest, 500));
    for (let product = 1 - source.next(); product > limit; product *= 1 - source.next()) count++;
  }
  return count;
}

/** G. Marsaglia, W. W. Tsang, ACM Trans. Math. Softw. 26 (2000) 363; below shape 1 by one power of a uniform number. */
function gamma(shape: number, source: Random): number {
  if (shape < 1) return gamma(shape + 1, source) * (1 - source.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const [x] = normalPair(source);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - source.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
