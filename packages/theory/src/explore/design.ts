/**
 * Which measurement next: by how much one more datum at each candidate place would shrink the parameters' errors, to first order around the best
 * fit (Fisher information; A. Atkinson, A. Donev, R. Tobias, Optimum Experimental Designs, 2007, 10.2). The data it will bring are not needed for that.
 */

import { TetradError } from "@tetrad/engine";
import type { FitResult } from "../fit.js";
import { createLikelihood, type FunctionEngine, type Likelihood } from "../likelihood.js";
import { lossOf } from "../loss.js";
import { dot, multiplyVector } from "../minimise/dense.js";
import type { DataSet, Theory } from "../theory.js";

export interface DesignOptions {
  /** Data set that gets the measurement; the first unless told. */
  readonly set?: string;
  /** x columns of the candidates, all of one length. */
  readonly candidates: Readonly<Record<string, ArrayLike<number>>>;
  /** Standard deviation of the new datum; that of the datum nearest in the first x column unless told. Counts scatter by √model. */
  readonly error?: number;
}

export interface Design {
  /** Parameters that the errors are about: free, inside their bounds, and not settled by a constraint that the fit stands at. */
  readonly names: readonly string[];
  /** Errors now. */
  readonly before: readonly number[];
  readonly candidates: readonly {
    readonly x: Readonly<Record<string, number>>;
    /** Of the new datum. */
    readonly error: number;
    /** Errors with it, in the order of `names`. */
    readonly after: readonly number[];
    /** Expected information about all parameters together, in nats: ½ ln(1 + their part of the datum's variance over the rest). */
    readonly information: number;
  }[];
}

/** A variance this small beside the one that data alone would leave is rounding: constraints have settled the parameter. */
const SETTLED = 1e-20;

/**
 * @param fit of the same likelihood
 * @throws ARGUMENT for an unknown set, or candidates without one of its columns; DATA where the fit has no covariance; UNSUPPORTED with a marginalised factor
 */
export async function designNext(engine: FunctionEngine, likelihood: Likelihood, fit: FitResult, options: DesignOptions): Promise<Design> {
  const { theory } = likelihood;
  const index = options.set === undefined ? 0 : theory.sets.findIndex(({ name }) => name === options.set);
  const set = theory.sets[index];
  if (set === undefined)
    throw new TetradError("ARGUMENT", {
      op: "designNext",
      what: `there is no data set ${options.set}`,
      expected: theory.sets.map(({ name }) => name).join(", "),
    });
  if (set.marginaliseScale)
    throw new TetradError("UNSUPPORTED", {
      op: set.name,
      what: "a design for data with a marginalised factor",
      hint: "make the factor a parameter",
    });
  const { covariance } = fit;
  if (covariance === null)
    throw new TetradError("DATA", { op: "designNext", what: "the fit has no covariance that could shrink", hint: fit.messages.join(" ") });
  const theta = Float64Array.from(likelihood.parameters, ({ name }) => fit.parameters.find((one) => one.name === name)?.value as number);
  const { offsetGradients, hessian } = likelihood.curvature(theta);
  const k = theta.length;
  const indexOf = (name: string): number => likelihood.parameters.findIndex((one) => one.name === name);
  const kept = fit.covarianceOf.flatMap((name, row) => {
    const i = indexOf(name);
    const settled = (covariance[row]?.[row] as number) * Math.abs(hessian[i * (k + 1)] as number) <= SETTLED;
    return settled ? [] : [{ name, row, i }];
  });
  const free = kept.map(({ i }) => i);
  const n = free.length;
  const sigma = Float64Array.from(kept.flatMap(({ row }) => kept.map((column) => covariance[row]?.[column.row] as number)));
  const offset = offsetGradients[index] as Float64Array;
  const { model, slopes } = await slopesAt(engine, theory, set, options.candidates, theta);
  const information = likelihood.observed[index]?.observations.offsetInformation as number;
  return {
    names: kept.map(({ name }) => name),
    before: free.map((_, i) => Math.sqrt(sigma[i * (n + 1)] as number)),
    candidates: Array.from(model, (expected, row) => {
      const x = Object.fromEntries(set.data.x.map((name) => [name, options.candidates[name]?.[row] as number]));
      const error = errorAt(likelihood, set, index, x, expected, options.error);
      // A marginalised offset moves with the parameters, and is known no better than the data make it.
      const along = Float64Array.from(free, (i) => (slopes[row]?.[i] as number) + (set.marginaliseOffset ? (offset[i] as number) : 0));
      const scatter = fisherVariance(set, error) + (set.marginaliseOffset ? 1 / information : 0);
      const shift = multiplyVector(sigma, along, n, n);
      const part = dot(along, shift);
      return {
        x,
        error,
        after: free.map((_, i) => Math.sqrt(Math.max(0, (sigma[i * (n + 1)] as number) - (shift[i] as number) ** 2 / (scatter + part)))),
        information: 0.5 * Math.log1p(part / scatter),
      };
    }),
  };
}

/** One over a datum's information about its own mean. */
function fisherVariance({ noise }: DataSet, error: number): number {
  return (error * error) / (lossOf(noise)?.information ?? 1);
}

function errorAt(
  likelihood: Likelihood,
  set: DataSet,
  index: number,
  x: Readonly<Record<string, number>>,
  expected: number,
  given: number | undefined,
): number {
  if (set.noise.kind === "poisson") return Math.sqrt(expected);
  if (given !== undefined) return given;
  const observations = likelihood.observed[index]?.observations as Likelihood["observations"];
  const name = set.data.x[0] as string;
  let nearest = 0;
  observations.x[name]?.forEach((value, i, all) => {
    if (Math.abs(value - (x[name] as number)) < Math.abs((all[nearest] as number) - (x[name] as number))) nearest = i;
  });
  return observations.sigma[nearest] as number;
}

/** The model at each candidate and its derivatives, by autodiff: the residuals of a likelihood whose data are zeros of unit error. */
async function slopesAt(
  engine: FunctionEngine,
  theory: Theory,
  set: DataSet,
  candidates: DesignOptions["candidates"],
  theta: Float64Array,
): Promise<{ model: Float64Array; slopes: Float64Array[] }> {
  const count = candidates[set.data.x[0] as string]?.length ?? 0;
  const [y, error] = ["y", "error"].map((name) => `${name} of a candidate`) as [string, string];
  const bare: DataSet = {
    ...set,
    data: { x: set.data.x, y, error, format: "table" },
    noise: { kind: "gaussian" },
    marginaliseOffset: false,
    marginaliseScale: false,
  };
  const flat: Theory = {
    ...theory,
    ...bare,
    derived: [],
    sets: [bare],
    parameters: theory.parameters.map((one) => ({ ...one, prior: { kind: "flat" } })),
  };
  const columns = { ...candidates, [y]: new Float64Array(count), [error]: new Float64Array(count).fill(1) };
  const own = await createLikelihood(engine, flat, { columns, source: "candidates" });
  try {
    const k = theta.length;
    const { residuals, jacobian } = own.residuals(theta);
    return {
      model: Float64Array.from(residuals, (residual) => -residual),
      slopes: Array.from({ length: count }, (_, row) => Float64Array.from({ length: k }, (_, i) => -(jacobian[row * k + i] as number))),
    };
  } finally {
    own.close();
  }
}
