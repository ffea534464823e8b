/** Fits a theory to data and says how sure the result is, in numbers that can be checked and words that hold. */

import { TetradError } from "@tetrad/engine";
import { correlationOf, criteria } from "./criteria.js";
import { evaluate } from "./expression/evaluate.js";
import { createLikelihood, type FunctionEngine, type Likelihood, type TheoryData } from "./likelihood.js";
import type { Active } from "./minimise/bounds.js";
import { dot, eigenSymmetric, invertPositiveDefinite, type Matrix, multiplyVector, type Vector } from "./minimise/dense.js";
import { spread } from "./minimise/sobol.js";
import { boxOf, type FitMethod, findOptimum, inside, type Optimum } from "./optimum.js";
import { random } from "./random.js";
import { describeSet, type Nuisance, type Points, type SetFit } from "./set-fit.js";
import { type Parameter, parameterValues, type Theory } from "./theory.js";

export interface FitOptions {
  /** Free parameters to start from, by name; the theory's own starts otherwise. */
  readonly start?: Readonly<Record<string, number>>;
  /** How many starts: the first as above, the others Sobol' points in the bounds; 1 unless told. */
  readonly starts?: number;
  /** Of the other starts and of `cma-es`; 0 unless told. */
  readonly seed?: number;
  /** `auto` is QR for theories linear in their parameters, Levenberg–Marquardt for other sums of squares, and L-BFGS for the rest and where that stalls. */
  readonly method?: "auto" | FitMethod;
  /** Model evaluations for each start; unless told 1000, and for methods without slopes 5000 for each parameter. */
  readonly maxEvaluations?: number;
}

export interface FittedParameter {
  readonly name: string;
  readonly value: number;
  /** One standard deviation from the full Hessian; null when fixed, held by a bound, or not determined by the data. */
  readonly uncertainty: number | null;
  /** From JᵀJ alone, as least-squares codes report it. */
  readonly gaussNewtonUncertainty: number | null;
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
  readonly correlation: readonly (readonly number[])[] | null;
  readonly gaussNewtonCovariance: readonly (readonly number[])[] | null;
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
  if (!optimum.converged) messages.push("The fit has not converged: other starts, bounds or units may help.");
  boundMessages(likelihood.parameters, active, messages);

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
  if (judged.dof <= 0) messages.push(`There are ${likelihood.n} data for ${fitted} fitted numbers: χ² says nothing about the theory.`);
  if (likelihood.parameters.some(({ prior }) => prior.kind === "normal"))
    messages.push("Normal priors take part in best fit and uncertainties; χ², AIC and BIC count the data alone.");
  noiseMessages(theory, messages);
  integralMessages(likelihood, theta, models, messages);

  const matrix = (values: Matrix | undefined): number[][] | null =>
    values === undefined ? null : free.map((_, i) => Array.from(values.subarray(i * free.length, (i + 1) * free.length)));
  const calls = likelihood.calls;
  return {
    theory: theory.name,
    title: theory.title,
    model: theory.modelText,
    data: sets.map(({ data }) => data).join(", "),
    parameters: fittedParameters(likelihood, optimum, covariance, free),
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
    covarianceOf: free.map((i) => (likelihood.parameters[i] as Parameter).name),
    covariance: matrix(covariance),
    correlation: matrix(covariance && correlationOf(covariance, free.length)),
    gaussNewtonCovariance: matrix(optimum.gaussNewton),
    chi2,
    n: likelihood.n,
    fitted,
    ...judged,
    pValue: theory.sets.some(({ noise }) => noise.kind === "student") ? null : judged.pValue,
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
  const most = method === "nelder-mead" || method === "cma-es" ? 5000 * likelihood.parameters.length : 1000;
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
    if (other.value < best.value - 1e-9) best = other;
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

/** Inverse Hessian over the parameters inside their bounds; where there is none, says which combination the data leave open. */
function covarianceOf(optimum: Optimum, free: readonly number[], parameters: readonly Parameter[], messages: string[]): Matrix | undefined {
  const k = parameters.length;
  const n = free.length;
  const hessian = Float64Array.from(
    { length: n * n },
    (_, e) => optimum.hessian[(free[Math.floor(e / n)] as number) * k + (free[e % n] as number)] as number,
  );
  const covariance = invertPositiveDefinite(hessian, n);
  if (covariance !== undefined) return covariance;
  messages.push(
    `The Hessian is not positive definite at the best fit, so no uncertainties are given: ${openDirection(hessian, free, parameters)}`,
  );
  return undefined;
}

/** Names the eigenvector of the smallest eigenvalue, in units of each parameter's own curvature. */
function openDirection(hessian: Matrix, free: readonly number[], parameters: readonly Parameter[]): string {
  const n = free.length;
  const name = (i: number): string => (parameters[free[i] as number] as Parameter).name;
  for (let i = 0; i < n; i++) {
    if (hessian[i * n + i] === 0) return `the data do not depend on ${name(i)}.`;
    if (!Number.isFinite(hessian[i * n + i])) return `the second derivative by ${name(i)} is not finite.`;
  }
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(Math.abs(hessian[i * n + i] as number)));
  const { vectors } = eigenSymmetric(
    hessian.map((value, e) => value * (scale[Math.floor(e / n)] as number) * (scale[e % n] as number)),
    n,
  );
  const weights = Array.from({ length: n }, (_, i) => (vectors[i * n] as number) * (scale[i] as number));
  const largest = Math.max(...weights.map(Math.abs));
  const shares = weights
    .map((weight, i) => ({ name: name(i), share: weight / largest, relative: Math.abs(vectors[i * n] as number) }))
    .filter((part) => part.relative > 0.05);
  if (shares.length === 1) return `the data do not determine ${shares[0]?.name}.`;
  return `the data do not determine ${shares.map(({ name: one }) => one).join(" and ")} separately (moving them by ${shares.map((part) => `${part.name}: ${part.share.toPrecision(3)}`).join(", ")} changes nothing).`;
}

function boundMessages(parameters: readonly Parameter[], active: Active, messages: string[]): void {
  const held = parameters.filter((_, i) => active[i] !== 0);
  for (const parameter of held) {
    const side = active[parameters.indexOf(parameter)] === -1 ? "lower" : "upper";
    messages.push(
      `${parameter.name} is at its ${side} bound ${side === "lower" ? parameter.lower : parameter.upper}: it has no symmetric uncertainty, and the others' hold for it fixed there.`,
    );
  }
}

function noiseMessages(theory: Theory, messages: string[]): void {
  if (theory.sets.some(({ noise }) => noise.kind === "student"))
    messages.push("Errors follow Student's t: χ² stands for −2 ln of likelihood over that of a perfect model and has no p-value.");
  if (theory.sets.some(({ noise }) => noise.kind === "poisson"))
    messages.push("Counts follow Poisson's law: χ² stands for the Cash statistic, whose p-value holds for many counts a bin.");
  if (theory.sets.some(({ marginaliseScale }) => marginaliseScale))
    messages.push("Factors were integrated out with flat priors: best fit and uncertainties are those of the marginal likelihood.");
}

/** Compares each model with one of twice the quadrature nodes and steps, in units of the errors. */
function integralMessages({ theory, observed }: Likelihood, theta: Vector, models: readonly Vector[], messages: string[]): void {
  let worst = 0;
  for (const [s, { set, observations }] of observed.entries()) {
    const finer = evaluate(set.model, { ...parameterValues(theory, theta), ...observations.x }, { refine: 2 });
    (models[s] as Vector).forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - (finer[finer.length === 1 ? 0 : i] as number)) / (observations.sigma[i] as number));
    });
  }
  if (worst > 1e-6)
    messages.push(
      `The integrals have not converged: twice the nodes move the model by ${worst.toPrecision(2)} standard deviations. Give integrate a larger fifth argument, or solve an eighth.`,
    );
}

function propagated(gradient: ArrayLike<number>, covariance: Matrix): number {
  const n = gradient.length;
  return Math.sqrt(Math.max(0, dot(gradient, multiplyVector(covariance, gradient, n, n))));
}

function fittedParameters(
  likelihood: Likelihood,
  optimum: Optimum,
  covariance: Matrix | undefined,
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
      atBound: side === -1 ? "lower" : side === 1 ? "upper" : null,
      fixed: parameter.fixed,
      start: parameter.start,
      unit: parameter.unit ?? null,
      latex: parameter.latex ?? null,
    };
  });
}
