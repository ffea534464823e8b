/** What a reader of a fit must know before using its numbers. */

import { evaluateRows } from "./expression/evaluate.js";
import type { Likelihood } from "./likelihood.js";
import type { Active } from "./minimise/bounds.js";
import type { Vector } from "./minimise/dense.js";
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
