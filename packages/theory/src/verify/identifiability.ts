/** What data can tell of the parameters at all: eigenvalues of the Fisher information, and which combinations they leave open. */
import type { Likelihood } from "../likelihood.js";
import { eigenSymmetric, type Matrix, type Vector } from "../minimise/dense.js";
import type { Parameter } from "../theory.js";
import type { Finding } from "./finding.js";

export interface Direction {
  /** Of the information with parameters scaled to a unit diagonal: 1 for independent ones, 0 for a combination the data do not see. */
  readonly eigenvalue: number;
  /** How far parameters move along it for the largest to move by 1 of its own; small parts are left out. */
  readonly moves: readonly { readonly name: string; readonly by: number }[];
  readonly words: string;
}

export interface Identifiability {
  /** Of the Fisher information in the parameters' own units, rising. */
  readonly eigenvalues: readonly number[];
  /** Of the scaled information, rising. */
  readonly scaledEigenvalues: readonly number[];
  /** Largest over smallest of the scaled ones; Infinity for a degenerate theory. */
  readonly condition: number;
  /** Parameters that do not move the model at all. */
  readonly unseen: readonly string[];
  readonly degenerate: readonly Direction[];
  /** Nearly degenerate: the data fix them, but so weakly that rounding and priors will show. */
  readonly weak: readonly Direction[];
  /** Parameters whose uncertainty is no smaller than the interval that their bounds allow. */
  readonly unconstrained: readonly string[];
}

/** Below k times this a scaled eigenvalue is rounding: Jacobi's method keeps it to 1e-16, second derivatives to 1e-13. */
const DEGENERATE = 1e-11;
/** A correlation of 0.9999 leaves this. */
const WEAK = 1e-4;
/** Smaller shares of a direction are not named. */
const NAMED_SHARE = 0.05;

/**
 * @param information the data's Fisher information [k, k]: the Hessian of −ln L, or JᵀJ of whitened residuals
 * Source: T. J. Rothenberg, Econometrica 39 (1971) 577: a regular theory is identifiable where its information is not singular.
 */
export function identifiability(information: Matrix, parameters: readonly Pick<Parameter, "name" | "lower" | "upper">[]): Identifiability {
  const k = parameters.length;
  const diagonal = parameters.map((_, i) => information[i * (k + 1)] as number);
  const unseen = parameters.filter((_, i) => diagonal[i] === 0).map(({ name }) => name);
  const scale = Float64Array.from(diagonal, (value) => (value === 0 ? 1 : 1 / Math.sqrt(Math.abs(value))));
  const scaled = information.map((value, e) => value * (scale[Math.floor(e / k)] as number) * (scale[e % k] as number));
  const { values, vectors } = eigenSymmetric(scaled, k);
  const direction = (column: number): Direction => {
    const parts = parameters.map(({ name }, i) => ({
      name,
      share: Math.abs(vectors[i * k + column] as number),
      by: (vectors[i * k + column] as number) * (scale[i] as number),
    }));
    const named = parts.filter(({ share }) => share > NAMED_SHARE);
    const lead = named.reduce((most, part) => (part.share > most.share ? part : most));
    const moves = named.map(({ name, by }) => ({ name, by: by / lead.by }));
    return { eigenvalue: values[column] as number, moves, words: wordsFor(moves) };
  };
  const columns = Array.from(values, (_, column) => column);
  const isOpen = (column: number): boolean => (values[column] as number) < k * DEGENERATE;
  const isUnseen = ({ moves }: Direction): boolean => moves.length === 1 && unseen.includes((moves[0] as { name: string }).name);
  const variance = varianceOf(
    values,
    vectors,
    scale,
    k,
    columns.filter((column) => !isOpen(column)),
  );
  return {
    eigenvalues: Array.from(eigenSymmetric(information, k).values),
    scaledEigenvalues: Array.from(values),
    condition: isOpen(0) ? Number.POSITIVE_INFINITY : (values[k - 1] as number) / (values[0] as number),
    unseen,
    degenerate: columns
      .filter(isOpen)
      .map(direction)
      .filter((one) => !isUnseen(one)),
    weak: columns.filter((column) => !isOpen(column) && (values[column] as number) < WEAK).map(direction),
    unconstrained: parameters
      .filter(({ name, lower, upper }, i) => !unseen.includes(name) && Math.sqrt(variance[i] as number) >= upper - lower)
      .map(({ name }) => name),
  };
}

/** The data's own information: JᵀJ of whitened residuals where the likelihood is a sum of squares, the Hessian without the priors' part else. */
export function informationAt(likelihood: Likelihood, theta: Vector): Matrix {
  const k = theta.length;
  const information = new Float64Array(k * k);
  if (likelihood.leastSquares) {
    const { jacobian } = likelihood.residuals(theta);
    for (let row = 0; row < likelihood.n; row++)
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          information[i * k + j] =
            (information[i * k + j] as number) + (jacobian[row * k + i] as number) * (jacobian[row * k + j] as number);
    return information;
  }
  information.set(likelihood.curvature(theta).hessian);
  likelihood.parameters.forEach(({ prior }, i) => {
    if (prior.kind === "normal") information[i * (k + 1)] = (information[i * (k + 1)] as number) - 1 / prior.sd ** 2;
  });
  return information;
}

/** Diagonal of the pseudo-inverse over the given eigenvectors, in the parameters' own units. */
function varianceOf(values: Float64Array, vectors: Matrix, scale: Float64Array, k: number, columns: readonly number[]): Float64Array {
  return scale.map((own, i) => columns.reduce((sum, c) => sum + ((vectors[i * k + c] as number) * own) ** 2 / (values[c] as number), 0));
}

function wordsFor(moves: Direction["moves"]): string {
  const [first, ...others] = [...moves].sort((a, b) => Math.abs(b.by) - Math.abs(a.by) || 0);
  if (first === undefined) return "";
  const amount = (by: number): string => `${by > 0 ? "+" : "−"}${Number(Math.abs(by).toPrecision(3))}`;
  if (others.length === 0) return first.name;
  return moves.map(({ name, by }) => `${name} by ${amount(by)}`).join(" and ");
}

/** @param closed priors determine what the data leave open */
export function identifiabilityFinding(found: Identifiability, closed = false): Finding {
  const [check, title] = ["identifiability", "Can the data tell the parameters?"];
  const smallest = found.scaledEigenvalues[0] as number;
  const numbers = {
    smallestEigenvalue: smallest,
    condition: Number.isFinite(found.condition) ? found.condition : null,
    degenerate: found.degenerate.length + found.unseen.length,
    weak: found.weak.length,
  };
  const spectrum = `smallest eigenvalue of the scaled Fisher matrix ${smallest.toExponential(1)}`;
  if (found.unseen.length + found.degenerate.length > 0) {
    const parts = [
      ...found.unseen.map((name) => `the data do not depend on ${name}`),
      ...found.degenerate.map(({ words }) => `moving ${words} together changes nothing`),
    ];
    if (closed) return { check, title, outcome: "doubtful", verdict: `Only with the priors: ${parts.join("; ")} (${spectrum}).`, numbers };
    return { check, title, outcome: "failed", verdict: `No: ${parts.join("; ")} (${spectrum}).`, numbers };
  }
  if (found.weak.length + found.unconstrained.length > 0) {
    const parts = [
      ...found.weak.map(({ words }) => `moving ${words} together hardly changes anything`),
      ...found.unconstrained.map((name) => `${name} is known no better than its bounds tell`),
    ];
    return { check, title, outcome: "doubtful", verdict: `Barely: ${parts.join("; ")} (${spectrum}).`, numbers };
  }
  return {
    check,
    title,
    outcome: "passed",
    verdict: `Yes, each by itself (${spectrum}; 0 would leave a combination open, 1 means independent).`,
    numbers,
  };
}
