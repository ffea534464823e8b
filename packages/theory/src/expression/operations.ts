/** The operations a theory may use, with their float64 meaning. What is not listed here cannot be written. */

import { erf } from "../special.js";

interface Definition {
  /** Arguments; Infinity for two or more. */
  readonly arity: number;
  readonly evaluate: (...x: number[]) => number;
}

/** Written as operators; not callable by name. */
const OPERATORS = {
  add: { arity: 2, evaluate: (a = 0, b = 0) => a + b },
  subtract: { arity: 2, evaluate: (a = 0, b = 0) => a - b },
  multiply: { arity: 2, evaluate: (a = 0, b = 0) => a * b },
  divide: { arity: 2, evaluate: (a = 0, b = 0) => a / b },
  negate: { arity: 1, evaluate: (a = 0) => -a },
} satisfies Record<string, Definition>;

const FUNCTIONS = {
  pow: { arity: 2, evaluate: (a = 0, b = 0) => a ** b },
  sqrt: { arity: 1, evaluate: Math.sqrt },
  exp: { arity: 1, evaluate: Math.exp },
  expm1: { arity: 1, evaluate: Math.expm1 },
  log: { arity: 1, evaluate: Math.log },
  log1p: { arity: 1, evaluate: Math.log1p },
  log10: { arity: 1, evaluate: Math.log10 },
  sin: { arity: 1, evaluate: Math.sin },
  cos: { arity: 1, evaluate: Math.cos },
  tan: { arity: 1, evaluate: Math.tan },
  asin: { arity: 1, evaluate: Math.asin },
  acos: { arity: 1, evaluate: Math.acos },
  atan: { arity: 1, evaluate: Math.atan },
  sinh: { arity: 1, evaluate: Math.sinh },
  cosh: { arity: 1, evaluate: Math.cosh },
  tanh: { arity: 1, evaluate: Math.tanh },
  asinh: { arity: 1, evaluate: Math.asinh },
  acosh: { arity: 1, evaluate: Math.acosh },
  atanh: { arity: 1, evaluate: Math.atanh },
  abs: { arity: 1, evaluate: Math.abs },
  erf: { arity: 1, evaluate: erf },
  min: { arity: Infinity, evaluate: Math.min },
  max: { arity: Infinity, evaluate: Math.max },
} satisfies Record<string, Definition>;

export type OperationName = keyof typeof OPERATORS | keyof typeof FUNCTIONS;

const ALL: Readonly<Record<OperationName, Definition>> = { ...OPERATORS, ...FUNCTIONS };

/** The functions a theory may call by name; `integrate` and `solve` have forms of their own. */
export const FUNCTION_NAMES: readonly string[] = [...Object.keys(FUNCTIONS), "integrate", "solve"];

/** Own properties only, so that `constructor` or `toString` never pass as functions. */
export function functionNamed(name: string): OperationName | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? (name as OperationName) : undefined;
}

export function arityOf(name: OperationName): number {
  return ALL[name].arity;
}

export function evaluateOperation(name: OperationName, args: readonly number[]): number {
  return ALL[name].evaluate(...args);
}
