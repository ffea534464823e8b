/** −ln(likelihood × prior) of a theory as graph ops, and what fits need besides: whitened residuals, marginalised offsets, derived quantities. */

import {
  add,
  broadcastTo,
  constant,
  div,
  grad,
  hessian,
  log,
  matmul,
  mul,
  neg,
  reshape,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  valueAndGrad,
} from "@tetrad/engine";
import { toGraph } from "./expression/graph.js";
import type { Expression } from "./expression/tree.js";
import { type Loss, lossOf } from "./loss.js";
import { type Observations, whiten } from "./observations.js";
import { type DataSet, freeParameters, parameterValues, type Theory } from "./theory.js";

/** A data set with its data. */
export interface Observed {
  readonly set: DataSet;
  readonly observations: Observations;
}

export function slopeName(i: number): string {
  return `slope${i}`;
}

/** One output a parameter: joining them into a vector would cost launches that the host does for nothing. */
export function named(slopes: readonly Tensor[], prefix = ""): Record<string, Tensor> {
  return Object.fromEntries(slopes.map((slope, i) => [prefix + slopeName(i), slope]));
}

/** θ [k] as k scalars. Differentiating by these leaves out the padding and adding that gradients of slices need. */
export function entries(theta: Tensor): Tensor[] {
  return Array.from({ length: theta.shape[0] as number }, (_, i) => reshape(slice(theta, [i], [i + 1]), []));
}

/** Parameters by name: the free ones are `own`, of shape [] or [n]. */
function symbolsOf(theory: Theory, own: readonly Tensor[]): Record<string, Tensor | number> {
  const symbols: Record<string, Tensor | number> = parameterValues(theory);
  for (const [i, parameter] of freeParameters(theory).entries()) symbols[parameter.name] = own[i] as Tensor;
  return symbols;
}

function modelGraph(theory: Theory, { set, observations }: Observed, own: readonly Tensor[]): Tensor {
  return toGraph(set.model, symbolsOf(theory, own), observations.x);
}

/** Of all data sets together, which are independent. */
export function minusLogPosterior(theory: Theory, observed: readonly Observed[], own: readonly Tensor[]): Tensor {
  let value = observed.map((one) => minusLogLikelihood(theory, one, own)).reduce((total, part) => add(total, part));
  for (const [i, { prior }] of freeParameters(theory).entries()) {
    if (prior.kind !== "normal") continue;
    const pull = mul(sub(own[i] as Tensor, prior.mean), 1 / prior.sd);
    value = add(value, add(mul(square(pull), 0.5), Math.log(prior.sd * Math.sqrt(2 * Math.PI))));
  }
  return value;
}

function minusLogLikelihood(theory: Theory, one: Observed, own: readonly Tensor[]): Tensor {
  const { set, observations } = one;
  const model = modelGraph(theory, one, own);
  const offset = set.marginaliseOffset ? Math.log(observations.offsetInformation / (2 * Math.PI)) : 0;
  const constantPart = 0.5 * (observations.logDeterminant + offset);
  if (set.marginaliseScale) return add(scaleFree(one, model), constantPart);
  return add(mul(devianceGraph(one, model), 0.5), constantPart);
}

/** −2 ln of likelihood over that of a model that meets the data: χ² for Gaussian errors. */
function devianceGraph(one: Observed, model: Tensor): Tensor {
  const { noise } = one.set;
  const { n, y } = one.observations;
  if (noise.kind === "poisson") return poissonDeviance(y, broadcastTo(model, [n]));
  const pulls = whitenGraph(one, sub(constant(y, [n], "f64"), model));
  return sum(lossOf(noise)?.graph(pulls) ?? square(pulls));
}

/**
 * 2 Σ (m − y + y ln y/m), as 2 Σ y (u − 1 − ln u) with u = m/y, where nothing large cancels; 2m where y = 0.
 * W. Cash, ApJ 228 (1979) 939; S. Baker, R. D. Cousins, Nucl. Instrum. Methods 221 (1984) 437, eq. 15.
 */
function poissonDeviance(y: Float64Array, model: Tensor): Tensor {
  const per = (f: (count: number) => number): Tensor => constant(y.map(f), [y.length], "f64");
  const u = mul(
    model,
    per((count) => (count > 0 ? 1 / count : 1)),
  );
  const counted = mul(
    sub(sub(u, 1), log(u)),
    per((count) => 2 * count),
  );
  return sum(
    add(
      counted,
      mul(
        model,
        per((count) => (count > 0 ? 0 : 2)),
      ),
    ),
  );
}

/**
 * With data y = A m and a flat prior on A: ½ (|r|² + ln(m̃ᵀm̃/2π)), m̃ the whitened model and r = ỹ − (ỹᵀm̃/m̃ᵀm̃) m̃; an offset is taken from
 * both before. The Gaussian integral over A; its determinant factor depends on the theory and must stay.
 */
function scaleFree(one: Observed, model: Tensor): Tensor {
  const { set, observations } = one;
  const measured = constant(whiten(observations, observations.y, set.marginaliseOffset), [observations.n], "f64");
  const shape = whitenGraph(one, broadcastTo(model, [observations.n]));
  const information = sum(square(shape));
  const scale = div(sum(mul(measured, shape)), information);
  const chi2 = sum(square(sub(measured, mul(shape, scale))));
  return mul(add(chi2, log(mul(information, 1 / (2 * Math.PI)))), 0.5);
}

/** W (v − weighted mean of v) for v [n]; see `whiten` for why the mean goes first. */
function whitenGraph({ set, observations }: Observed, v: Tensor): Tensor {
  const { n, whitening, offsetWeights } = observations;
  const centred = set.marginaliseOffset ? sub(v, sum(mul(v, constant(offsetWeights, [n], "f64")))) : v;
  if (whitening.kind === "diagonal") return mul(centred, constant(whitening.values, [n], "f64"));
  return reshape(matmul(constant(whitening.values, [n, n], "f64"), reshape(centred, [n, 1])), [n]);
}

/** True where −ln(likelihood × prior) is half a sum of squares and a constant. */
export function isLeastSquares(set: DataSet): boolean {
  return set.noise.kind === "gaussian" && !set.marginaliseScale;
}

/** The robust loss of each datum of all sets [n]; undefined for those whose errors are Gaussian. */
export function lossesOf(observed: readonly Observed[]): (Loss | undefined)[] {
  return observed.flatMap(({ set, observations }) => new Array<Loss | undefined>(observations.n).fill(lossOf(set.noise)));
}

/**
 * Whitened residuals [n] and each parameter's column of their Jacobian [n], the names led by the set's number. Every datum gets parameters of
 * its own, so that one backward pass of the sum of the model gives all n·k derivatives: a model is computed datum by datum, so nothing mixes.
 */
export function linearise(theory: Theory, one: Observed, index: number, theta: Tensor): Record<string, Tensor> {
  const { n, y } = one.observations;
  let model: Tensor | undefined;
  const { grad: slopes } = valueAndGrad((own: Tensor[]) => {
    model = modelGraph(theory, one, own);
    return sum(model);
  })(entries(theta).map((entry) => broadcastTo(entry, [n])));
  const residual = sub(constant(y, [n], "f64"), model as Tensor);
  return {
    [`${index}residuals`]: whitenGraph(one, residual),
    ...named(
      slopes.map((slope) => neg(whitenGraph(one, slope))),
      `${index}`,
    ),
  };
}

/** Derivatives of each marginalised offset's mean [k]. */
export function offsetGraph(theory: Theory, observed: readonly Observed[], theta: Tensor): Record<string, Tensor> {
  const gradients = observed.flatMap((one, i): [string, Tensor][] => {
    if (!one.set.marginaliseOffset || one.set.marginaliseScale) return [];
    const { n, y, offsetWeights } = one.observations;
    const mean = (own: Tensor): Tensor =>
      sum(mul(constant(offsetWeights, [n], "f64"), sub(constant(y, [n], "f64"), modelGraph(theory, one, entries(own)))));
    return [[`${i}offsetGradient`, grad(mean)(theta)]];
  });
  return Object.fromEntries(gradients);
}

/** Margins of constraints [m], their slopes [m, k], and the Hessian [k, k] of the margins' sum with `multipliers` [m]. */
export function constraintsGraph(
  theory: Theory,
  margins: readonly Expression[],
  theta: Tensor,
  multipliers: Tensor,
): Record<string, Tensor> {
  const margin = (expression: Expression, own: Tensor): Tensor => reshape(toGraph(expression, symbolsOf(theory, entries(own))), []);
  const parts = margins.map((one) => valueAndGrad((own: Tensor) => margin(one, own))(theta));
  const weights = entries(multipliers);
  const total = (own: Tensor): Tensor =>
    margins.map((one, i) => mul(margin(one, own), weights[i] as Tensor)).reduce((sum, part) => add(sum, part));
  return {
    margins: stack(parts.map(({ value }) => value)),
    slopes: stack(parts.map((part) => part.grad)),
    bend: hessian(total)(theta),
  };
}

export function derivedGraph(theory: Theory, theta: Tensor): Record<string, Tensor> {
  if (theory.derived.length === 0) return {};
  const parts = theory.derived.map(({ expression }) =>
    valueAndGrad((own: Tensor) => reshape(toGraph(expression, symbolsOf(theory, entries(own))), []))(theta),
  );
  return { derived: stack(parts.map((part) => part.value)), derivedJacobian: stack(parts.map((part) => part.grad)) };
}
