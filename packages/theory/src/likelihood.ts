/**
 * −ln of likelihood × prior of a theory given data, compiled: value with gradient for samplers and L-BFGS, residuals with
 * Jacobian for Levenberg–Marquardt, curvature for uncertainties. All in float64, all derivatives by autodiff.
 */

import {
  add,
  broadcastTo,
  constant,
  grad,
  hessian,
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
  TetradError,
  valueAndGrad,
} from "@tetrad/engine";
import { evaluate, findBreakdown } from "./expression/evaluate.js";
import { toGraph } from "./expression/graph.js";
import type { ValueAndGradient } from "./minimise/lbfgs.js";
import type { Residuals } from "./minimise/levenberg-marquardt.js";
import { type DataSource, type Observations, observe } from "./observations.js";
import { freeParameters, type Parameter, parameterValues, type Theory } from "./theory.js";

/** What this package needs of an engine. */
export interface FunctionEngine {
  compileFunction(
    f: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
    specs: Record<string, { shape: readonly number[]; dtype: "f64" }>,
  ): Promise<CompiledFunction>;
}

export interface CompiledFunction {
  callSync(feeds?: Readonly<Record<string, Float64Array>>): Readonly<Record<string, ArrayLike<number>>>;
  close(): void;
}

export interface Curvature {
  /** Second derivatives of −ln(likelihood × prior) [k, k]. */
  readonly hessian: Float64Array;
  /** Derived quantities [d] and their derivatives [d, k]. */
  readonly derived: Float64Array;
  readonly derivedJacobian: Float64Array;
  /** Derivatives of the marginalised offset's mean [k]; empty without one. */
  readonly offsetGradient: Float64Array;
}

/** A theory with its data, ready to be called millions of times. Free parameters θ [k] are in the theory's order. */
export class Likelihood {
  readonly parameters: readonly Parameter[];
  readonly #feeds: { theta: Float64Array };
  readonly #result: { value: number; gradient: Float64Array };
  /** Names of the outputs that hold each parameter's derivatives. */
  readonly #slopes: readonly string[];
  readonly #normals: readonly { index: number; mean: number; sd: number }[];
  /** Calls so far, by what was asked for. */
  readonly calls = { values: 0, residuals: 0, curvatures: 0 };

  constructor(
    readonly theory: Theory,
    readonly observations: Observations,
    private readonly objective: CompiledFunction,
    private readonly linearised: CompiledFunction,
    private readonly curved: CompiledFunction,
  ) {
    this.parameters = freeParameters(theory);
    const k = this.parameters.length;
    this.#feeds = { theta: new Float64Array(k) };
    this.#result = { value: Number.NaN, gradient: new Float64Array(k) };
    this.#slopes = this.parameters.map((_, i) => slopeName(i));
    this.#normals = this.parameters.flatMap(({ prior }, index) =>
      prior.kind === "normal" ? [{ index, mean: prior.mean, sd: prior.sd }] : [],
    );
  }

  get start(): Float64Array {
    return Float64Array.from(this.parameters, (parameter) => parameter.start);
  }

  /** −ln(likelihood × prior) and its gradient [k]; flat priors count as 1. The result is overwritten by the next call. */
  valueAndGradient(theta: ArrayLike<number>): ValueAndGradient {
    this.calls.values++;
    const outputs = this.objective.callSync(this.#feed(theta));
    this.#result.value = (outputs["value"] as ArrayLike<number>)[0] as number;
    for (let i = 0; i < this.#slopes.length; i++)
      this.#result.gradient[i] = (outputs[this.#slopes[i] as string] as ArrayLike<number>)[0] as number;
    return this.#result;
  }

  /** Whitened residuals of data and normal priors, and their Jacobian, row-major. Half their sum of squares is −ln(likelihood × prior) up to a constant. */
  residuals(theta: ArrayLike<number>): Residuals {
    this.calls.residuals++;
    const outputs = this.linearised.callSync(this.#feed(theta));
    const { n } = this.observations;
    const k = this.parameters.length;
    const data = outputs["residuals"] as ArrayLike<number>;
    const residuals = new Float64Array(n + this.#normals.length);
    const jacobian = new Float64Array(residuals.length * k);
    for (let i = 0; i < n; i++) residuals[i] = data[i] as number;
    this.#slopes.forEach((name, j) => {
      const column = outputs[name] as ArrayLike<number>;
      for (let i = 0; i < n; i++) jacobian[i * k + j] = column[i] as number;
    });
    this.#normals.forEach(({ index, mean, sd }, row) => {
      residuals[n + row] = ((theta[index] as number) - mean) / sd;
      jacobian[(n + row) * k + index] = 1 / sd;
    });
    return { residuals, jacobian };
  }

  curvature(theta: ArrayLike<number>): Curvature {
    this.calls.curvatures++;
    const outputs = this.curved.callSync(this.#feed(theta));
    return {
      hessian: Float64Array.from(outputs["hessian"] as ArrayLike<number>),
      derived: Float64Array.from(outputs["derived"] ?? []),
      derivedJacobian: Float64Array.from(outputs["derivedJacobian"] ?? []),
      offsetGradient: Float64Array.from(outputs["offsetGradient"] ?? []),
    };
  }

  /** The model at every datum, without offset. */
  predict(theta: ArrayLike<number>): Float64Array {
    return predictRows(this.theory, this.observations, theta);
  }

  /**
   * Says why there is no likelihood at θ: the first datum where the theory breaks down, and how.
   * @throws DATA naming data row and operation; nothing when all is finite
   */
  explainBreakdown(theta: ArrayLike<number>, when: string): void {
    const { theory, observations } = this;
    const found = findBreakdown(theory.model, { ...parameterValues(theory, theta), ...observations.x });
    if (found === undefined) return;
    const values = this.parameters.map((parameter, i) => `${parameter.name} = ${theta[i]}`).join(", ");
    const row = found.row;
    const datum = row === undefined ? "" : ` (${theory.data.x.map((name) => `${name} = ${observations.x[name]?.[row]}`).join(", ")})`;
    throw new TetradError("DATA", {
      op: theory.name,
      what: `the model is not finite ${when}${row === undefined ? "" : ` at ${observations.place(row)}${datum}`}: ${found.what}`,
      got: values,
      at: theory.at,
      hint: "start where the model is defined at every datum, and bound the parameters to that region",
    });
  }

  close(): void {
    for (const compiled of [this.objective, this.linearised, this.curved]) compiled.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #feed(theta: ArrayLike<number>): { theta: Float64Array } {
    if (theta.length !== this.#feeds.theta.length) parameterValues(this.theory, theta); // throws with the names
    this.#feeds.theta.set(theta);
    return this.#feeds;
  }
}

/**
 * Joins theory and data and compiles their likelihood.
 * @throws DATA for data that do not fit the theory (see `observe`); ARGUMENT when no parameter is free
 */
export async function createLikelihood(engine: FunctionEngine, theory: Theory, data: DataSource): Promise<Likelihood> {
  const k = freeParameters(theory).length;
  if (k === 0)
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "no parameter is free",
      at: theory.at,
      hint: "remove fixed: true from one of them",
    });
  const observations = observe(theory, data);
  const specs = { theta: { shape: [k], dtype: "f64" as const } };
  const [objective, linearised, curved] = await Promise.all([
    engine.compileFunction(({ theta }) => {
      const { value, grad: slopes } = valueAndGrad((own: Tensor[]) => minusLogPosterior(theory, observations, own))(
        entries(theta as Tensor),
      );
      return { value, ...named(slopes) };
    }, specs),
    engine.compileFunction(({ theta }) => linearise(theory, observations, theta as Tensor), specs),
    engine.compileFunction(
      ({ theta }) => ({
        hessian: hessian((own: Tensor) => minusLogPosterior(theory, observations, entries(own)))(theta as Tensor),
        ...derivedGraph(theory, theta as Tensor),
        ...offsetGraph(theory, observations, theta as Tensor),
      }),
      specs,
    ),
  ]);
  return new Likelihood(theory, observations, objective, linearised, curved);
}

function predictRows(theory: Theory, observations: Observations, theta: ArrayLike<number>): Float64Array {
  const values = evaluate(theory.model, { ...parameterValues(theory, theta), ...observations.x });
  return values.length === observations.n ? values : new Float64Array(observations.n).fill(values[0] as number);
}

function slopeName(i: number): string {
  return `slope${i}`;
}

/** One output a parameter: joining them into a vector would cost launches that the host does for nothing. */
function named(slopes: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(slopes.map((slope, i) => [slopeName(i), slope]));
}

/** θ [k] as k scalars. Differentiating by these leaves out the padding and adding that gradients of slices need. */
function entries(theta: Tensor): Tensor[] {
  return Array.from({ length: theta.shape[0] as number }, (_, i) => reshape(slice(theta, [i], [i + 1]), []));
}

/** Parameters by name: the free ones are `own`, of shape [] or [n]. */
function symbolsOf(theory: Theory, own: readonly Tensor[]): Record<string, Tensor | number> {
  const symbols: Record<string, Tensor | number> = parameterValues(theory);
  for (const [i, parameter] of freeParameters(theory).entries()) symbols[parameter.name] = own[i] as Tensor;
  return symbols;
}

function modelGraph(theory: Theory, observations: Observations, own: readonly Tensor[]): Tensor {
  return toGraph(theory.model, symbolsOf(theory, own), observations.x);
}

function minusLogPosterior(theory: Theory, observations: Observations, own: readonly Tensor[]): Tensor {
  const residual = sub(constant(observations.y, [observations.n], "f64"), modelGraph(theory, observations, own));
  const chi2 = sum(square(whitenGraph(theory, observations, residual)));
  const offset = theory.marginaliseOffset ? Math.log(observations.offsetInformation / (2 * Math.PI)) : 0;
  let value = add(mul(chi2, 0.5), 0.5 * (observations.logDeterminant + offset));
  for (const [i, { prior }] of freeParameters(theory).entries()) {
    if (prior.kind !== "normal") continue;
    const pull = mul(sub(own[i] as Tensor, prior.mean), 1 / prior.sd);
    value = add(value, add(mul(square(pull), 0.5), Math.log(prior.sd * Math.sqrt(2 * Math.PI))));
  }
  return value;
}

/** W (v − weighted mean of v) for v [n]; see `whiten` for why the mean goes first. */
function whitenGraph(theory: Theory, observations: Observations, v: Tensor): Tensor {
  const { n, whitening, offsetWeights } = observations;
  const centred = theory.marginaliseOffset ? sub(v, sum(mul(v, constant(offsetWeights, [n], "f64")))) : v;
  if (whitening.kind === "diagonal") return mul(centred, constant(whitening.values, [n], "f64"));
  return reshape(matmul(constant(whitening.values, [n, n], "f64"), reshape(centred, [n, 1])), [n]);
}

/**
 * Whitened residuals [n] and each parameter's column of their Jacobian [n]. Every datum gets parameters of its own, so that one
 * backward pass of the sum of the model gives all n·k derivatives: a model is computed datum by datum, so nothing mixes.
 */
function linearise(theory: Theory, observations: Observations, theta: Tensor): Record<string, Tensor> {
  const { n } = observations;
  let model: Tensor | undefined;
  const { grad: slopes } = valueAndGrad((own: Tensor[]) => {
    model = modelGraph(theory, observations, own);
    return sum(model);
  })(entries(theta).map((entry) => broadcastTo(entry, [n])));
  const residual = sub(constant(observations.y, [n], "f64"), model as Tensor);
  return {
    residuals: whitenGraph(theory, observations, residual),
    ...named(slopes.map((slope) => neg(whitenGraph(theory, observations, slope)))),
  };
}

function offsetGraph(theory: Theory, observations: Observations, theta: Tensor): Record<string, Tensor> {
  if (!theory.marginaliseOffset) return {};
  const weights = constant(observations.offsetWeights, [observations.n], "f64");
  const y = constant(observations.y, [observations.n], "f64");
  return { offsetGradient: grad((own: Tensor) => sum(mul(weights, sub(y, modelGraph(theory, observations, entries(own))))))(theta) };
}

function derivedGraph(theory: Theory, theta: Tensor): Record<string, Tensor> {
  if (theory.derived.length === 0) return {};
  const parts = theory.derived.map(({ expression }) =>
    valueAndGrad((own: Tensor) => reshape(toGraph(expression, symbolsOf(theory, entries(own))), []))(theta),
  );
  return { derived: stack(parts.map((part) => part.value)), derivedJacobian: stack(parts.map((part) => part.grad)) };
}
