/** Fits a theory to data and says how sure the result is, in numbers that can be checked and words that hold. */

import { TetradError } from "@tetrad/engine";
import { correlationOf, criteria } from "./criteria.js";
import { covarianceOf } from "./fit-covariance.js";
import { boundMessages, goodnessMessages, integralMessages, noiseMessages, opennessMessages } from "./fit-messages.js";
import { createLikelihood, type FunctionEngine, type Likelihood, type TheoryData } from "./likelihood.js";
import { lossOf } from "./loss.js";
import { dot, type Matrix, multiplyVector, type Vector } from "./minimise/dense.js";
import { spread } from "./minimise/sobol.js";
import { boxOf, type FitMethod, findOptimum, inside, type Optimum } from "./optimum.js";
import { random } from "./random.js";
import { sandwichCovariance } from "./sandwich.js";
import { describeSet, type Nuisance, type Points, type SetFit } from "./set-fit.js";
import { isRobust, type Parameter, type Theory } from "./theory.js";

export interface FitOptions {
  /** Free parameters to start from, by name; the theory's own starts otherwise. */
  readonly start?: Readonly<Record<string, number>>;
  /** How many starts: the first as above, the others Sobol' points in the bounds; 1 unless told. */
  readonly starts?: number;
  /** Of the other starts and of `cma-es`; 0 unless told. */
  readonly seed?: number;
  /** `auto` is QR for theories linear in their parameters, Levenberg–Marquardt for other sums of squares, and L-BFGS for the rest and where that stalls. */
  readonly method?: "auto" | FitMethod;
  /** Model evaluations for each start; unless told 1000, and 5000 for each parameter for methods that use no curvature. */
  readonly maxEvaluations?: number;
}

export interface FittedParameter {
  readonly name: string;
  readonly value: number;
  /** One standard deviation from the full Hessian; null when fixed, held by a bound, or not determined by the data. */
  readonly uncertainty: number | null;
  /** From JᵀJ alone, as least-squares codes report it; data of a robust loss ρ weighted by ρ″. */
  readonly gaussNewtonUncertainty: number | null;
  /** For robust losses: holds for many data whatever their law, where `uncertainty` holds if the loss is that of their density. */
  readonly sandwichUncertainty: number | null;
  readonly atBound: "lower" | "upper" | null;
  readonly fixed: boolean;
  readonly start: number;
  readonly unit: string | null;
  readonly latex: string | null;
}

export interface DerivedValue {
  readonly name: string;
  readonly value: number;
  /** Propagated linearly from the full covariance. */
  readonly uncertainty: number | null;
  readonly unit: string | null;
  readonly latex: string | null;
}

/** Plain data throughout: JSON.stringify gives the whole result. */
export interface FitResult {
  readonly theory: string;
  readonly title: string;
  readonly model: string;
  readonly data: string;
  readonly parameters: readonly FittedParameter[];
  readonly derived: readonly DerivedValue[];
  /** The additive offset of the first data set that has one. */
  readonly offset: Nuisance | null;
  /** Each data set by itself. */
  readonly sets: readonly SetFit[];
  /** Parameters that the matrices below are about: free and inside their bounds. */
  readonly covarianceOf: readonly string[];
  /** Inverse of the Hessian of −ln(likelihood × prior); null when that is not positive definite. */
  readonly covariance: readonly (readonly number[])[] | null;
  /** Constraints that the best fit stands at, as the theory words them: the covariance is that along them. */
  readonly constraints: readonly string[];
  readonly correlation: readonly (readonly number[])[] | null;
  readonly gaussNewtonCovariance: readonly (readonly number[])[] | null;
  /** Where a data set's loss is robust. */
  readonly sandwichCovariance: readonly (readonly number[])[] | null;
  readonly chi2: number;
  readonly n: number;
  /** Fitted numbers: free parameters, and the offsets and factors that were marginalised. */
  readonly fitted: number;
  readonly dof: number;
  readonly pValue: number | null;
  readonly aic: number;
  readonly aicc: number | null;
  readonly bic: number;
  readonly minusLogLikelihood: number;
  readonly minusLogPosterior: number;
  readonly converged: boolean;
  /** What found the optimum. */
  readonly method: FitMethod;
  readonly evaluations: { readonly values: number; readonly residuals: number; readonly curvatures: number };
  readonly milliseconds: { readonly compile: number; readonly fit: number };
  /** What a reader must know before using the numbers. */
  readonly messages: readonly string[];
  /** Of the first data set. */
  readonly points: Points;
}

/**
 * @throws DATA for data that do not fit the theory, or a model that is not finite at the start (naming datum and operation); ARGUMENT for unknown names in `start`, or no free parameter
 */
export async function fitTheory(engine: FunctionEngine, theory: Theory, data?: TheoryData, options: FitOptions = {}): Promise<FitResult> {
  const begin = performance.now();
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const compiled = performance.now();
    return fitLikelihood(likelihood, options, compiled - begin);
  } finally {
    likelihood.close();
  }
}

/** The fit itself, for a likelihood that was compiled before. Throws as `fitTheory`. */
export function fitLikelihood(likelihood: Likelihood, options: FitOptions = {}, compileMilliseconds = 0): FitResult {
  const begin = performance.now();
  const { theory, observed } = likelihood;
  const before = { ...likelihood.calls };
  const messages: string[] = [];
  const optimum = bestOf(likelihood, options, messages);
  const { theta, active } = optimum;
  const free = inside(active);
  const covariance = covarianceOf(optimum, free, likelihood.parameters, messages);
  const nameOf = (i: number): string => (likelihood.parameters[i] as Parameter).name;
  const robust = theory.sets.some(isRobust) && optimum.held.constraints.length === 0 && likelihood.hasResiduals && covariance !== undefined;
  const sandwich = robust ? sandwichCovariance(likelihood, theta, free, covariance) : undefined;
  if (!optimum.converged) messages.push("The fit has not converged: other starts, bounds or units may help.");
  boundMessages(likelihood.parameters, active, messages);
  opennessMessages(likelihood.parameters, free, covariance, messages);

  const { derived, derivedJacobian, offsetGradients } = likelihood.curvature(theta);
  const models = observed.map((_, i) => likelihood.predict(theta, i));
  const sets = observed.map((one, i) =>
    describeSet(one, models[i] as Vector, () => {
      const gradient = offsetGradients[i] as Vector;
      if (covariance === undefined || gradient.length === 0) return null;
      return propagated(
        free.map((j) => gradient[j] as number),
        covariance,
      );
    }),
  );
  const chi2 = sets.reduce((sum, set) => sum + set.chi2, 0);
  const nuisances = sets.reduce((sum, { offset, scale }) => sum + (offset === null ? 0 : 1) + (scale === null ? 0 : 1), 0);
  const fitted = likelihood.parameters.length + nuisances;
  const judged = criteria(chi2, likelihood.n, fitted);
  const pValue = theory.sets.some(({ noise }) => lossOf(noise) !== undefined) ? null : judged.pValue;
  goodnessMessages({ ...judged, chi2, pValue }, messages);
  if (judged.dof <= 0) messages.push(`There are ${likelihood.n} data for ${fitted} fitted numbers: χ² says nothing about the theory.`);
  if (likelihood.parameters.some(({ prior }) => prior.kind === "normal"))
    messages.push("Normal priors take part in best fit and uncertainties; χ², AIC and BIC count the data alone.");
  noiseMessages(theory, messages);
  if (sandwich !== undefined) {
    const errors = free.map((i, row) => `${nameOf(i)} ${Math.sqrt(sandwich[row * (free.length + 1)] as number).toPrecision(3)}`);
    messages.push(`By the data's own scatter (sandwich) the uncertainties are ${errors.join(", ")}.`);
  }
  integralMessages(likelihood, theta, models, sets, messages);

  const matrix = (values: Matrix | undefined): number[][] | null =>
    values === undefined ? null : free.map((_, i) => Array.from(values.subarray(i * free.length, (i + 1) * free.length)));
  const calls = likelihood.calls;
  return {
    theory: theory.name,
    title: theory.title,
    model: theory.modelText,
    data: sets.map(({ data }) => data).join(", "),
    parameters: fittedParameters(likelihood, optimum, { covariance, sandwich }, free),
    derived: theory.derived.map(({ name, unit, latex }, d) => ({
      name,
      value: derived[d] as number,
      uncertainty:
        covariance === undefined || free.length < theta.length
          ? null
          : propagated(derivedJacobian.subarray(d * theta.length, (d + 1) * theta.length), covariance),
      unit: unit ?? null,
      latex: latex ?? null,
    })),
    offset: sets.find(({ offset }) => offset !== null)?.offset ?? null,
    sets,
    covarianceOf: free.map(nameOf),
    covariance: matrix(covariance),
    constraints: optimum.held.constraints.map(({ text }) => text),
    correlation: matrix(covariance && correlationOf(covariance, free.length)),
    gaussNewtonCovariance: matrix(optimum.gaussNewton),
    sandwichCovariance: matrix(sandwich),
    chi2,
    n: likelihood.n,
    fitted,
    ...judged,
    pValue,
    minusLogLikelihood: optimum.value - minusLogPrior(likelihood.parameters, theta),
    minusLogPosterior: optimum.value,
    converged: optimum.converged,
    method: optimum.method,
    evaluations: {
      values: calls.values - before.values,
      residuals: calls.residuals - before.residuals,
      curvatures: calls.curvatures - before.curvatures,
    },
    milliseconds: { compile: compileMilliseconds, fit: performance.now() - begin },
    messages,
    points: (sets[0] as SetFit).points,
  };
}

/** A normal prior's −ln density at θ, summed; flat ones count as 1. */
export function minusLogPrior(parameters: readonly Parameter[], theta: Vector): number {
  return parameters.reduce((sum, { prior }, i) => {
    if (prior.kind === "flat") return sum;
    const pull = ((theta[i] as number) - prior.mean) / prior.sd;
    return sum + 0.5 * pull * pull + Math.log(prior.sd * Math.sqrt(2 * Math.PI));
  }, 0);
}

/** The lowest minimum over all starts; only the first start has to be defined. */
function bestOf(likelihood: Likelihood, options: FitOptions, messages: string[]): Optimum {
  const method = options.method ?? "auto";
  const patient = method === "nelder-mead" || method === "cma-es" || method === "adam" || method === "gradient-descent";
  const most = patient ? 5000 * likelihood.parameters.length : 1000;
  const settings = { method, maxEvaluations: options.maxEvaluations ?? most, seed: options.seed ?? 0 } as const;
  const first = startFrom(likelihood, options.start ?? {});
  let best = findOptimum(likelihood, first, settings);
  const found = [best];
  const box = boxOf(likelihood);
  let undefinedStarts = 0;
  for (const point of spread(Math.max(0, (options.starts ?? 1) - 1), first.length, random(options.seed ?? 0))) {
    // Without a bounded interval there is nothing to spread over: such parameters keep their start.
    const start = first.map((value, i) => {
      const [low, high] = [box.lower[i] as number, box.upper[i] as number];
      return Number.isFinite(high - low) ? low + (high - low) * (point[i] as number) : value;
    });
    if (!Number.isFinite(likelihood.valueAndGradient(start).value)) {
      undefinedStarts++;
      continue;
    }
    const other = findOptimum(likelihood, start, settings);
    found.push(other);
    // Below every point that keeps the constraints there are lower ones that do not.
    const comparable = likelihood.constraints.length === 0 || other.converged === best.converged;
    if (comparable ? other.value < best.value - 1e-9 : other.converged) best = other;
  }
  if (undefinedStarts > 0) messages.push(`${undefinedStarts} of ${options.starts} starts lie where the model is not defined.`);
  const elsewhere = found.filter((one) => one.value > best.value + 1e-3).length;
  if (elsewhere > 0) messages.push(`${elsewhere} of ${found.length} starts ended in other, higher minima: the best of all is reported.`);
  return best;
}

function startFrom(likelihood: Likelihood, given: Readonly<Record<string, number>>): Vector {
  const unknown = Object.keys(given).find((name) => !likelihood.parameters.some((p) => p.name === name));
  if (unknown !== undefined) {
    throw new TetradError("ARGUMENT", {
      op: "fitTheory",
      what: `${unknown} is not a free parameter`,
      expected: likelihood.parameters.map((p) => p.name).join(", "),
    });
  }
  return Float64Array.from(likelihood.parameters, (p) => given[p.name] ?? p.start);
}

function propagated(gradient: ArrayLike<number>, covariance: Matrix): number {
  const n = gradient.length;
  return Math.sqrt(Math.max(0, dot(gradient, multiplyVector(covariance, gradient, n, n))));
}

function fittedParameters(
  likelihood: Likelihood,
  optimum: Optimum,
  { covariance, sandwich }: { readonly covariance: Matrix | undefined; readonly sandwich: Matrix | undefined },
  free: readonly number[],
): FittedParameter[] {
  const sdOf = (matrix: Matrix | undefined, i: number): number | null => {
    const row = free.indexOf(i);
    return matrix === undefined || row < 0 ? null : Math.sqrt(matrix[row * free.length + row] as number);
  };
  return likelihood.theory.parameters.map((parameter): FittedParameter => {
    const i = likelihood.parameters.indexOf(parameter);
    const side = i < 0 ? 0 : optimum.active[i];
    return {
      name: parameter.name,
      value: i < 0 ? parameter.start : (optimum.theta[i] as number),
      uncertainty: sdOf(covariance, i),
      gaussNewtonUncertainty: sdOf(optimum.gaussNewton, i),
      sandwichUncertainty: sdOf(sandwich, i),
      atBound: side === -1 ? "lower" : side === 1 ? "upper" : null,
      fixed: parameter.fixed,
      start: parameter.start,
      unit: parameter.unit ?? null,
      latex: parameter.latex ?? null,
    };
  });
}
