/** Theories in plain float64: the reference for the graph, predictions off the fitting path, and the search for where a theory breaks down. */

import { TetradError } from "@tetrad/engine";
import { type Algebra, type InterpretOptions, interpret, type System } from "./interpret.js";
import { type Arithmetic, type CommonPath, commonPath, dormandPrinceStep } from "./ode.js";
import { evaluateOperation } from "./operations.js";
import { type Expression, formatExpression, integralDepth } from "./tree.js";

/** Values by broadcasting axes; every extent is 1 or the full one. */
export interface Grid {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

export type Known = number | Grid;

/** Names and their values: scalars, or columns of equal length. */
export type Environment = Readonly<Record<string, number | ArrayLike<number>>>;

/** Combines values element by element over their common shape. */
export function mapKnown(f: (...x: number[]) => number, args: readonly Known[]): Known {
  const grids = args.filter((arg): arg is Grid => typeof arg !== "number");
  const [first] = grids;
  if (first === undefined) return f(...(args as number[]));
  const shape = first.shape.map((_, axis) => Math.max(...grids.map((grid) => grid.shape[axis] as number)));
  const data = new Float64Array(shape.reduce((product, extent) => product * extent, 1));
  const strides = args.map((arg) => (typeof arg === "number" ? [] : stridesOf(arg.shape)));
  const offsets = new Array<number>(args.length).fill(0);
  const x = args.map((arg) => (typeof arg === "number" ? arg : 0));
  const index = new Array<number>(shape.length).fill(0);
  for (let k = 0; k < data.length; k++) {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Known;
      if (typeof arg !== "number") x[i] = arg.data[offsets[i] as number] as number;
    }
    data[k] = f(...x);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const place = (index[axis] as number) + 1;
      const wraps = place === shape[axis];
      index[axis] = wraps ? 0 : place;
      for (let i = 0; i < args.length; i++) {
        offsets[i] = (offsets[i] as number) + (wraps ? 1 - place : 1) * (strides[i]?.[axis] ?? 0);
      }
      if (!wraps) break;
    }
  }
  return { data, shape };
}

/** Row-major strides, 0 along axes of extent 1 so that they repeat. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    if (extent !== 1) strides[axis] = step;
    step *= extent;
  }
  return strides;
}

/** A vector along one axis of a value of rank 1 + depth. */
export function along(values: Float64Array, axis: number, depth: number): Grid {
  return { data: values, shape: Array.from({ length: 1 + depth }, (_, i) => (i === axis ? values.length : 1)) };
}

/** Sum over one axis, keeping it with extent 1. */
function sumAxis(grid: Grid, axis: number): Grid {
  const extent = grid.shape[axis] as number;
  const inner = grid.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const outer = grid.shape.slice(0, axis).reduce((product, n) => product * n, 1);
  const data = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < extent; k++)
      for (let i = 0; i < inner; i++)
        data[o * inner + i] = (data[o * inner + i] as number) + (grid.data[(o * extent + k) * inner + i] as number);
  return { data, shape: grid.shape.map((n, i) => (i === axis ? 1 : n)) };
}

const ARITHMETIC: Arithmetic<Known> = {
  number: (value) => value,
  operation: (name, args) => mapKnown((...x) => evaluateOperation(name, x), args),
};

/** The float64 algebra for trees of at most `depth` nested integrals. */
export function knownAlgebra(lookup: (name: string) => Known, depth: number): Algebra<Known> {
  const half = (from: Known, to: Known): Known => mapKnown((a = 0, b = 0) => (b - a) / 2, [from, to]);
  return {
    ...ARITHMETIC,
    name: (node) => lookup(node.name),
    nodes: (from, to, rule, { level }) =>
      mapKnown((a = 0, b = 0, t = 0) => (a + b) / 2 + ((b - a) / 2) * t, [from, to, along(rule.nodes, 1 + level, depth)]),
    integrate(body, from, to, rule, { level }) {
      const weighted = mapKnown((f = 0, w = 0) => f * w, [body, along(rule.weights, 1 + level, depth)]) as Grid;
      return mapKnown((s = 0, h = 0) => s * h, [sumAxis(weighted, 1 + level), half(from, to)]);
    },
    solve(system) {
      const { slopes, starts, from, to, steps } = system;
      const path = system.shared && typeof from === "number" && typeof to !== "number" ? commonPath(from, to.data, steps) : undefined;
      if (path !== undefined) return alongPath(system, path, (to as Grid).shape);
      const h = mapKnown((a = 0, b = 0) => (b - a) / steps, [from, to]);
      let y = starts;
      for (let step = 0; step < steps; step++) {
        const x = mapKnown((a = 0, width = 0) => a + width * step, [from, h]);
        y = dormandPrinceStep(ARITHMETIC, slopes, x, y, h);
      }
      return y;
    },
  };
}

/** One path for all rows, then the short step to each. */
function alongPath(
  { slopes, starts, from, steps }: System<Known>,
  { h, nodes, begins, rests }: CommonPath,
  shape: readonly number[],
): Known[] {
  const passed = [starts];
  for (let step = 0; step < steps; step++)
    passed.push(dormandPrinceStep(ARITHMETIC, slopes, (from as number) + step * h, passed[step] as readonly Known[], h));
  const scalar = (value: Known): number => (typeof value === "number" ? value : (value.data[0] as number));
  const there = starts.map(
    (_, i): Grid => ({ data: Float64Array.from(nodes, (node) => scalar((passed[node] as readonly Known[])[i] as Known)), shape }),
  );
  return dormandPrinceStep(ARITHMETIC, slopes, { data: begins, shape }, there, { data: rests, shape });
}

/** A scalar stays one; a column lies along axis 0. Throws ARGUMENT for a name without a value. */
export function lookupIn(environment: Environment, depth: number): (name: string) => Known {
  return (name) => {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined)
      throw new TetradError("ARGUMENT", {
        op: "evaluate",
        what: `${name} has no value`,
        expected: `values for ${Object.keys(environment).join(", ")} and ${name}`,
      });
    return typeof value === "number" ? value : along(Float64Array.from(value), 0, depth);
  };
}

/**
 * Value of an expression at every row of the columns in `environment`, in float64.
 * @returns one value a row; a single one when there are no columns among the names used
 */
export function evaluate(root: Expression, environment: Environment, options: InterpretOptions = {}): Float64Array {
  const depth = integralDepth(root);
  const isOneValue = (name: string): boolean => typeof environment[name] === "number";
  const value = interpret(root, knownAlgebra(lookupIn(environment, depth), depth), { isOneValue, ...options });
  return typeof value === "number" ? Float64Array.of(value) : value.data;
}

/** `evaluate` for n rows [n], where an expression that uses no column has the same value in each. */
export function evaluateRows(root: Expression, environment: Environment, n: number, options: InterpretOptions = {}): Float64Array {
  const values = evaluate(root, environment, options);
  return values.length === n ? values : new Float64Array(n).fill(values[0] as number);
}

/** The first thing that went wrong while a theory was computed. */
export interface Breakdown {
  /** Row of the columns; undefined when it is the same for all. */
  readonly row: number | undefined;
  /** "sqrt(-0.31) where its argument is Om*(1 + z)^3 + …" */
  readonly what: string;
}

/** The innermost operation whose arguments are finite and whose value is not, at the first row where there is one. */
export function findBreakdown(root: Expression, environment: Environment): Breakdown | undefined {
  const depth = integralDepth(root);
  let found: Breakdown | undefined;
  interpret(root, {
    ...knownAlgebra(lookupIn(environment, depth), depth),
    observe(node, value, args) {
      if (found !== undefined) return;
      const flaw = firstFlaw(value, args);
      if (flaw !== undefined) found = { row: flaw.row, what: describe(node, flaw.args, flaw.value) };
    },
  });
  return found;
}

interface Flaw {
  readonly row: number | undefined;
  readonly args: readonly number[];
  readonly value: number;
}

function firstFlaw(value: Known, args: readonly Known[]): Flaw | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : { row: undefined, args: args as number[], value };
  const at = value.data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return undefined;
  // Reads each argument at the same place; an integral has summed an axis away, where the argument's first entry stands for it.
  const rest = value.data.length / (value.shape[0] as number);
  const place = (arg: Known): number => {
    if (typeof arg === "number") return arg;
    let offset = 0;
    let left = at;
    const strides = stridesOf(arg.shape);
    for (let axis = value.shape.length - 1; axis >= 0; axis--) {
      const extent = value.shape[axis] as number;
      offset += (left % extent) * (strides[axis] as number);
      left = Math.floor(left / extent);
    }
    return arg.data[offset] as number;
  };
  return { row: value.shape[0] === 1 ? undefined : Math.floor(at / rest), args: args.map(place), value: value.data[at] as number };
}

function describe(node: Expression, args: readonly number[], value: number): string {
  const number = (x: number): string => String(Number(x.toPrecision(6)));
  if (node.kind === "name") return `${node.name} is ${value}`;
  if (node.kind !== "call") return `${formatExpression(node)} is ${value}`;
  const [a = 0, b = 0] = args;
  const written: Partial<Record<string, string>> = {
    add: `${number(a)} + ${number(b)}`,
    subtract: `${number(a)} - ${number(b)}`,
    multiply: `${number(a)} * ${number(b)}`,
    divide: `${number(a)} / ${number(b)}`,
    pow: `${a < 0 ? `(${number(a)})` : number(a)}^${b < 0 ? `(${number(b)})` : number(b)}`,
  };
  const text = written[node.operation] ?? `${node.operation}(${args.map(number).join(", ")})`;
  return `${text} is ${value} in ${formatExpression(node)}`;
}
