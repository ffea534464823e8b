/** What a reader of a fit must know before using its numbers. */

import { evaluateRows } from "./expression/evaluate.js";
import type { Likelihood } from "./likelihood.js";
import type { Active } from "./minimise/bounds.js";
import type { Matrix, Vector } from "./minimise/dense.js";
import type { SetFit } from "./set-fit.js";
import { isRobust, type Parameter, parameterValues, type Theory } from "./theory.js";

export function boundMessages(parameters: readonly Parameter[], active: Active, messages: string[]): void {
  const held = parameters.filter((_, i) => active[i] !== 0);
  for (const parameter of held) {
    const side = active[parameters.indexOf(parameter)] === -1 ? "lower" : "upper";
    messages.push(
      `${parameter.name} is at its ${side} bound ${side === "lower" ? parameter.lower : parameter.upper}: it has no symmetric uncertainty, and the others' hold for it fixed there.`,
    );
  }
}

/** Two standard normal numbers whose correlation is beyond this are one number to five digits of their sum of squares. */
const INTERCHANGEABLE = 0.9999;

/** Names what the data leave open though the Hessian can be inverted. @param free indices of the covariance's parameters */
export function opennessMessages(
  parameters: readonly Parameter[],
  free: readonly number[],
  covariance: Matrix | undefined,
  messages: string[],
): void {
  if (covariance === undefined) return;
  const n = free.length;
  const sd = (row: number) => Math.sqrt(covariance[row * n + row] as number);
  free.forEach((i, row) => {
    const { name, lower, upper } = parameters[i] as Parameter;
    // A number that may be anything between its bounds has this standard deviation.
    if (sd(row) > (upper - lower) / Math.sqrt(12))
      messages.push(`The data hardly determine ${name}: its uncertainty is larger than its bounds ${lower} and ${upper} alone leave.`);
    for (let other = 0; other < row; other++) {
      const correlation = (covariance[row * n + other] as number) / (sd(row) * sd(other));
      if (Math.abs(correlation) < INTERCHANGEABLE) continue;
      const partner = (parameters[free[other] as number] as Parameter).name;
      messages.push(
        `${partner} and ${name} are all but interchangeable (correlation ${correlation.toPrecision(6)}): the data determine a combination of both.`,
      );
    }
  });
}

/** A χ² that chance does not bring about. */
const CHANCE = 1e-6;

export function goodnessMessages(
  { chi2, dof, pValue }: { readonly chi2: number; readonly dof: number; readonly pValue: number | null },
  messages: string[],
): void {
  if (dof <= 0 || pValue === null) return;
  const perDegree = Number((chi2 / dof).toPrecision(3));
  if (pValue < CHANCE)
    messages.push(
      `χ² per degree of freedom is ${perDegree}: this fit does not describe the data, so that its uncertainties say little. Is it another minimum (more starts), are errors too small, or is it the theory?`,
    );
  else if (1 - pValue < CHANCE) messages.push(`χ² per degree of freedom is ${perDegree}: the data scatter less than their errors say.`);
}

export function noiseMessages(theory: Theory, messages: string[]): void {
  if (theory.sets.some(({ noise }) => noise.kind === "student"))
    messages.push("Errors follow Student's t: χ² stands for −2 ln of likelihood over that of a perfect model and has no p-value.");
  if (theory.sets.some(isRobust))
    messages.push(
      "Losses are robust: χ² stands for −2 ln of likelihood over that of a perfect model and has no p-value; uncertainties hold if errors follow the losses' densities.",
    );
  if (theory.sets.some(({ noise }) => noise.kind === "poisson"))
    messages.push("Counts follow Poisson's law: χ² stands for the Cash statistic, whose p-value holds for many counts a bin.");
  if (theory.sets.some(({ marginaliseScale }) => marginaliseScale))
    messages.push("Factors were integrated out with flat priors: best fit and uncertainties are those of the marginal likelihood.");
}

/** Compares each model with one of twice the quadrature nodes and steps, in units of the errors. */
export function integralMessages(
  { theory, observed }: Likelihood,
  theta: Vector,
  models: readonly Vector[],
  sets: readonly SetFit[],
  messages: string[],
): void {
  let worst = 0;
  for (const [s, { set, observations }] of observed.entries()) {
    const finer = evaluateRows(set.model, { ...parameterValues(theory, theta), ...observations.x }, observations.n, { refine: 2 });
    const factor = Math.abs(sets[s]?.scale?.value ?? 1);
    (models[s] as Vector).forEach((value, i) => {
      worst = Math.max(worst, (factor * Math.abs(value - (finer[i] as number))) / (observations.sigma[i] as number));
    });
  }
  if (worst > 1e-6)
    messages.push(
      `The integrals have not converged: twice the nodes move the model by ${worst.toPrecision(2)} standard deviations. Give integrate a larger fifth argument, or solve an eighth.`,
    );
}
