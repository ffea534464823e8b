/** What a theory is once its file has been read: a formula, parameters with what is believed of them, and which columns hold the data. */

import { type Table, TetradError } from "@tetrad/engine";
import type { Covariance } from "./covariance.js";
import type { Expression } from "./expression/tree.js";
import type { DataFormat } from "./readers.js";

export type Prior = { readonly kind: "flat" } | { readonly kind: "normal"; readonly mean: number; readonly sd: number };

export interface Parameter {
  readonly name: string;
  readonly start: number;
  /** -Infinity and Infinity where the file gives no bounds. */
  readonly lower: number;
  readonly upper: number;
  readonly prior: Prior;
  /** Kept at its start. */
  readonly fixed: boolean;
  readonly unit?: string | undefined;
  readonly latex?: string | undefined;
  /** `file:line`. */
  readonly at: string;
}

/** A quantity computed from parameters and constants, reported with its own uncertainty. */
export interface Derived {
  readonly name: string;
  readonly expression: Expression;
  readonly unit?: string | undefined;
  readonly latex?: string | undefined;
}

/** What a theory becomes where some values are given: an assertion of its author, for `verifyTheory`. */
export interface Limit {
  readonly name: string;
  /** Parameters, constants and columns by name. */
  readonly when: Readonly<Record<string, number>>;
  readonly formula: Expression;
  readonly formulaText: string;
  readonly equals: Expression;
  readonly equalsText: string;
  /** Largest difference, relative to the right side; absolute where that is 0. */
  readonly within: number;
  /** Index of the data set at whose rows both sides are computed; undefined where they use no column but those given. */
  readonly set: number | undefined;
  /** `file:line`. */
  readonly at: string;
}

/** What has to hold among parameters: elsewhere they have no prior probability. */
export interface Constraint {
  readonly text: string;
  /** The larger side minus the smaller one, of parameters and constants: not negative where it holds. */
  readonly margin: Expression;
  /** `file:line`. */
  readonly at: string;
}

export interface DataColumns {
  /** Columns that the model may use; the first one is the horizontal axis of plots. */
  readonly x: readonly string[];
  /** Measured column. */
  readonly y: string;
  /** Column of standard deviations. */
  readonly error?: string | undefined;
  /** Added to error² where both are given. */
  readonly covariance?: Covariance | undefined;
  /** Stated units by column, for labels. */
  readonly units?: Readonly<Record<string, string>> | undefined;
  /** How its file is written. */
  readonly format: DataFormat;
  /** What the theory itself names as its data, read. */
  readonly table?: Table | undefined;
}

/** Losses by SciPy's names. */
export const ROBUST_LOSSES = ["huber", "soft_l1", "cauchy"] as const;
export type RobustLoss = (typeof ROBUST_LOSSES)[number];

/** How data scatter about the model. */
export type Noise =
  | { readonly kind: "gaussian" }
  /** Student's t with these degrees of freedom, scaled by the errors: outliers pull less. */
  | { readonly kind: "student"; readonly degrees: number }
  /** Robust losses, straight or logarithmic beyond about this many errors (see loss.ts). */
  | { readonly kind: RobustLoss; readonly scale: number }
  /** Counts whose expectation is the model. */
  | { readonly kind: "poisson" };

/** "gaussian", "student 3". */
export function formatNoise(noise: Noise): string {
  if (noise.kind === "student") return `student ${noise.degrees}`;
  return "scale" in noise ? `${noise.kind} ${noise.scale}` : noise.kind;
}

/** Errors whose loss is robust by choice, as in least squares with outliers. */
export function isRobust({ noise }: Pick<DataSet, "noise">): boolean {
  return "scale" in noise;
}

/** Data with the formula that describes them. */
export interface DataSet {
  /** The theory's own name where it has but one. */
  readonly name: string;
  readonly modelText: string;
  readonly model: Expression;
  readonly data: DataColumns;
  readonly noise: Noise;
  /** An additive offset of y with a flat prior, integrated out analytically. */
  readonly marginaliseOffset: boolean;
  /** A factor of the model with a flat prior, integrated out analytically. */
  readonly marginaliseScale: boolean;
  /** `file:line` of the model. */
  readonly at: string;
}

/** The first data set's fields stand in the theory too, for most theories have no other; `modelText` tells the models of all. */
export interface Theory extends DataSet {
  readonly title: string;
  readonly description?: string | undefined;
  /** File name for messages. */
  readonly source: string;
  readonly parameters: readonly Parameter[];
  readonly constants: Readonly<Record<string, number>>;
  readonly derived: readonly Derived[];
  readonly limits?: readonly Limit[];
  readonly constraints?: readonly Constraint[];
  /** Independent of one another: their likelihoods multiply. */
  readonly sets: readonly DataSet[];
}

export function freeParameters(theory: Theory): readonly Parameter[] {
  return theory.parameters.filter((parameter) => !parameter.fixed);
}

/**
 * All parameters and constants by name, for `evaluate`.
 * @param theta free parameters in the theory's order; their starts unless given
 * @throws ARGUMENT for the wrong number of values
 */
export function parameterValues(theory: Theory, theta?: ArrayLike<number>): Record<string, number> {
  const free = freeParameters(theory);
  if (theta !== undefined && theta.length !== free.length) {
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "wrong number of parameter values",
      got: `${theta.length}`,
      expected: `${free.length}: ${free.map((p) => p.name).join(", ")}`,
    });
  }
  const values: Record<string, number> = { ...theory.constants };
  for (const parameter of theory.parameters) values[parameter.name] = parameter.start;
  if (theta !== undefined) for (const [i, parameter] of free.entries()) values[parameter.name] = theta[i] as number;
  return values;
}
