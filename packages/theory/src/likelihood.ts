/**
 * −ln of likelihood × prior of a theory given data, compiled: value with gradient for samplers and L-BFGS, residuals with
 * Jacobian for Levenberg–Marquardt, curvature for uncertainties. All in float64, all derivatives by autodiff.
 */

import { hessian, type Tensor, TetradError, valueAndGrad } from "@tetrad/engine";
import { evaluateRows, findBreakdown } from "./expression/evaluate.js";
import { dependenceOf } from "./expression/linear.js";
import { namesIn } from "./expression/tree.js";
import {
  constraintsGraph,
  derivedGraph,
  entries,
  isLeastSquares,
  linearise,
  minusLogPosterior,
  named,
  type Observed,
  offsetGraph,
  slopeName,
} from "./likelihood-graph.js";
import { lossOf } from "./loss.js";
import { dot } from "./minimise/dense.js";
import type { ValueAndGradient } from "./minimise/lbfgs.js";
import type { Residuals } from "./minimise/levenberg-marquardt.js";
import { reweigh } from "./minimise/robust.js";
import { type DataSource, type Observations, observe } from "./observations.js";
import { type Constraint, type DataSet, freeParameters, isRobust, type Parameter, parameterValues, type Theory } from "./theory.js";

export type { Observed } from "./likelihood-graph.js";

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
  /** For each data set, derivatives of its marginalised offset's mean [k]; empty without one. */
  readonly offsetGradients: readonly Float64Array[];
}

/** A theory with its data, ready to be called millions of times. Free parameters θ [k] are in the theory's order. */
export class Likelihood {
  readonly parameters: readonly Parameter[];
  /** Half a sum of squares and a constant, so that `residuals` exist. */
  readonly leastSquares: boolean;
  /** Gaussian errors or robust losses throughout, so that `residuals` exist. */
  readonly hasResiduals: boolean;
  /** Every model is linear in the free parameters. */
  readonly linear: boolean;
  /** Of the first data set. */
  readonly observations: Observations;
  /** Those that depend on free parameters. */
  readonly constraints: readonly Constraint[];
  readonly #feeds: { theta: Float64Array };
  readonly #result: { value: number; gradient: Float64Array };
  /** Names of the outputs that hold each parameter's derivatives. */
  readonly #slopes: readonly string[];
  readonly #normals: readonly { index: number; mean: number; sd: number }[];
  /** Calls so far, by what was asked for. */
  readonly calls = { values: 0, residuals: 0, curvatures: 0 };

  constructor(
    readonly theory: Theory,
    readonly observed: readonly Observed[],
    private readonly objective: CompiledFunction,
    private readonly linearised: CompiledFunction | undefined,
    private readonly curved: CompiledFunction,
    private readonly constrained: CompiledFunction | undefined,
  ) {
    this.constraints = freeConstraints(theory);
    this.parameters = freeParameters(theory);
    this.observations = (observed[0] as Observed).observations;
    this.leastSquares = observed.every(({ set }) => isLeastSquares(set));
    this.hasResiduals = linearised !== undefined;
    const free = new Set(this.parameters.map(({ name }) => name));
    this.linear = this.leastSquares && observed.every(({ set }) => dependenceOf(set.model, free) !== "nonlinear");
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

  /** Number of data of all sets. */
  get n(): number {
    return this.observed.reduce((sum, { observations }) => sum + observations.n, 0);
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

  /**
   * Whitened residuals of data, set by set, and of normal priors, and their Jacobian, row-major, reweighted where a loss is robust. Half their sum
   * of squares is −ln(likelihood × prior) up to a constant, half of `sumOfSquares` where that is given.
   * @throws UNSUPPORTED for likelihoods that are no such sum
   */
  residuals(theta: ArrayLike<number>): Residuals {
    const { residuals, jacobian } = this.pulls(theta);
    if (this.leastSquares) return { residuals, jacobian };
    const k = this.parameters.length;
    let total = 0;
    let first = 0;
    for (const { set, observations } of this.observed) {
      const loss = lossOf(set.noise);
      const end = first + observations.n;
      total += loss === undefined ? squares(residuals.subarray(first, end)) : reweigh(loss, residuals, jacobian, k, first, end);
      first = end;
    }
    return { residuals, jacobian, sumOfSquares: total + squares(residuals.subarray(first)) };
  }

  /** The same as they are, without weights. Throws as `residuals`. */
  pulls(theta: ArrayLike<number>): { readonly residuals: Float64Array; readonly jacobian: Float64Array } {
    if (this.linearised === undefined)
      throw new TetradError("UNSUPPORTED", {
        op: this.theory.name,
        what: "this likelihood is not a sum of squares, so it has no residuals",
      });
    this.calls.residuals++;
    const outputs = this.linearised.callSync(this.#feed(theta));
    const { n } = this;
    const k = this.parameters.length;
    const residuals = new Float64Array(n + this.#normals.length);
    const jacobian = new Float64Array(residuals.length * k);
    let first = 0;
    this.observed.forEach(({ observations }, set) => {
      const data = outputs[`${set}residuals`] as ArrayLike<number>;
      for (let i = 0; i < observations.n; i++) residuals[first + i] = data[i] as number;
      this.#slopes.forEach((name, j) => {
        const column = outputs[`${set}${name}`] as ArrayLike<number>;
        for (let i = 0; i < observations.n; i++) jacobian[(first + i) * k + j] = column[i] as number;
      });
      first += observations.n;
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
      offsetGradients: this.observed.map((_, i) => Float64Array.from(outputs[`${i}offsetGradient`] ?? [])),
    };
  }

  /** How far each constraint holds [m], with slopes [m, k], and the Hessian of the sum of λ times margins [k, k]. */
  constrain(theta: ArrayLike<number>, multipliers?: Float64Array): { values: Float64Array; jacobian: Float64Array; hessian: Float64Array } {
    const k = this.parameters.length;
    if (this.constrained === undefined)
      return { values: new Float64Array(0), jacobian: new Float64Array(0), hessian: new Float64Array(k * k) };
    const outputs = this.constrained.callSync({
      ...this.#feed(theta),
      multipliers: multipliers ?? new Float64Array(this.constraints.length),
    });
    const [values, jacobian, bend] = ["margins", "slopes", "bend"].map((name) => Float64Array.from(outputs[name] as ArrayLike<number>));
    return { values: values as Float64Array, jacobian: jacobian as Float64Array, hessian: bend as Float64Array };
  }

  /** Every constraint holds. */
  satisfies(theta: ArrayLike<number>): boolean {
    return this.constraints.length === 0 || this.constrain(theta).values.every((value) => value >= 0);
  }

  /** The model at every datum of a set, the first unless told, without offset or factor. */
  predict(theta: ArrayLike<number>, set = 0): Float64Array {
    const { set: description, observations } = this.observed[set] as Observed;
    return evaluateRows(description.model, { ...parameterValues(this.theory, theta), ...observations.x }, observations.n);
  }

  /**
   * Says why there is no likelihood at θ: the first datum where the theory breaks down, and how.
   * @throws DATA naming data row and operation; nothing when all is finite
   */
  explainBreakdown(theta: ArrayLike<number>, when: string): void {
    for (const [index, { set, observations }] of this.observed.entries()) {
      const found = findBreakdown(set.model, { ...parameterValues(this.theory, theta), ...observations.x });
      if (found !== undefined) this.#refuse(set, observations, theta, found.row, `the model is not finite ${when}`, found.what);
      if (set.noise.kind !== "poisson") continue;
      const model = this.predict(theta, index);
      const row = model.findIndex((rate) => !(rate > 0));
      if (row >= 0) this.#refuse(set, observations, theta, row, `the expected count is not positive ${when}`, `it is ${model[row]}`);
    }
  }

  close(): void {
    for (const compiled of [this.objective, this.linearised, this.curved, this.constrained]) compiled?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #refuse(set: DataSet, observations: Observations, theta: ArrayLike<number>, row: number | undefined, what: string, how: string): never {
    const values = this.parameters.map((parameter, i) => `${parameter.name} = ${theta[i]}`).join(", ");
    const datum = row === undefined ? "" : ` (${set.data.x.map((name) => `${name} = ${observations.x[name]?.[row]}`).join(", ")})`;
    throw new TetradError("DATA", {
      op: set.name,
      what: `${what}${row === undefined ? "" : ` at ${observations.place(row)}${datum}`}: ${how}`,
      got: values,
      at: set.at,
      hint: "start where the model is defined at every datum, and bound the parameters to that region",
    });
  }

  #feed(theta: ArrayLike<number>): { theta: Float64Array } {
    if (theta.length !== this.#feeds.theta.length) parameterValues(this.theory, theta); // throws with the names
    this.#feeds.theta.set(theta);
    return this.#feeds;
  }
}

function freeConstraints(theory: Theory): readonly Constraint[] {
  const free = new Set(freeParameters(theory).map(({ name }) => name));
  return (theory.constraints ?? []).filter(({ margin }) => [...namesIn(margin)].some((name) => free.has(name)));
}

function squares(values: Float64Array): number {
  return dot(values, values);
}

/** Data for every set of a theory by its name, or for the only set. Sets that the theory file gives a file need none. */
export type TheoryData = DataSource | Readonly<Record<string, DataSource>>;

function isSource(data: TheoryData): data is DataSource {
  return "rows" in data
    ? Array.isArray(data.rows)
    : "columns" in data && !("rows" in (data.columns as object) || "columns" in (data.columns as object));
}

/**
 * A theory's data sets with their data.
 * @throws ARGUMENT for a set without data, or data for a set that the theory does not have; DATA as `observe`
 */
export function observeAll(theory: Theory, data?: TheoryData): Observed[] {
  const given = data === undefined ? {} : isSource(data) ? undefined : data;
  if (given === undefined && theory.sets.filter((set) => set.data.table === undefined).length > 1) {
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "one table for several data sets",
      expected: `data by name: ${theory.sets.map(({ name }) => name).join(", ")}`,
      at: theory.at,
    });
  }
  const stranger = Object.keys(given ?? {}).find((name) => !theory.sets.some((set) => set.name === name));
  if (stranger !== undefined) {
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: `there is no data set ${stranger}`,
      expected: theory.sets.map(({ name }) => name).join(", "),
      at: theory.at,
    });
  }
  return theory.sets.map((set) => {
    const own =
      given === undefined ? (theory.sets.length === 1 || set.data.table === undefined ? (data as DataSource) : undefined) : given[set.name];
    const source = own ?? set.data.table;
    if (source === undefined) {
      throw new TetradError("ARGUMENT", {
        op: set.name,
        what: "there are no data",
        at: set.at,
        hint: "give the data set a file, or pass a table",
      });
    }
    return { set, observations: observe(set, source) };
  });
}

/**
 * Joins theory and data and compiles their likelihood.
 * @param data may be left out where the theory names its files
 * @throws DATA for data that do not fit the theory (see `observe`); ARGUMENT when no parameter is free, or data sets lack data
 */
export async function createLikelihood(engine: FunctionEngine, theory: Theory, data?: TheoryData): Promise<Likelihood> {
  const k = freeParameters(theory).length;
  if (k === 0)
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "no parameter is free",
      at: theory.at,
      hint: "remove fixed: true from one of them",
    });
  const observed = observeAll(theory, data);
  const specs = { theta: { shape: [k], dtype: "f64" as const } };
  const margins = freeConstraints(theory).map(({ margin }) => margin);
  const [objective, linearised, curved, constrained] = await Promise.all([
    engine.compileFunction(({ theta }) => {
      const { value, grad: slopes } = valueAndGrad((own: Tensor[]) => minusLogPosterior(theory, observed, own))(entries(theta as Tensor));
      return { value, ...named(slopes) };
    }, specs),
    observed.every(({ set }) => isLeastSquares(set) || isRobust(set))
      ? engine.compileFunction(
          ({ theta }) => Object.assign({}, ...observed.map((one, i) => linearise(theory, one, i, theta as Tensor))),
          specs,
        )
      : undefined,
    engine.compileFunction(
      ({ theta }) => ({
        hessian: hessian((own: Tensor) => minusLogPosterior(theory, observed, entries(own)))(theta as Tensor),
        ...derivedGraph(theory, theta as Tensor),
        ...offsetGraph(theory, observed, theta as Tensor),
      }),
      specs,
    ),
    margins.length > 0
      ? engine.compileFunction(({ theta, multipliers }) => constraintsGraph(theory, margins, theta as Tensor, multipliers as Tensor), {
          ...specs,
          multipliers: { shape: [margins.length], dtype: "f64" as const },
        })
      : undefined,
  ]);
  return new Likelihood(theory, observed, objective, linearised, curved, constrained);
}
