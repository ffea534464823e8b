/** Theories as graph ops, in float64, so that the engine differentiates them and replays them in microseconds. */

import {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  broadcastTo,
  constant,
  cos,
  cosh,
  div,
  erf,
  exp,
  expm1,
  log,
  log1p,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reshape,
  sin,
  sinh,
  sqrt,
  sub,
  sum,
  type Tensor,
  TetradError,
  tan,
  tanh,
} from "@tetrad/engine";
import { along, type Environment, type Grid, type Known, knownAlgebra, lookupIn } from "./evaluate.js";
import { interpret, type System } from "./interpret.js";
import type { Arithmetic } from "./ode.js";
import type { OperationName } from "./operations.js";
import { type Interpolation, interpolationOf, sharedIntegrals } from "./shared-nodes.js";
import { asTensor, isTensor, type Operand, solveGraph, type Value } from "./solve-graph.js";
import { type Expression, integralDepth, type VariableNode } from "./tree.js";

const GRAPH: Readonly<Record<OperationName, (a: Operand, b: Operand) => Tensor>> = {
  add,
  subtract: sub,
  multiply: mul,
  divide: div,
  negate: neg as (a: Operand) => Tensor,
  pow: power,
  sqrt: sqrt as (a: Operand) => Tensor,
  exp: exp as (a: Operand) => Tensor,
  expm1: expm1 as (a: Operand) => Tensor,
  log: log as (a: Operand) => Tensor,
  log1p: log1p as (a: Operand) => Tensor,
  log10: (a) => mul(log(a as Tensor), Math.LOG10E),
  sin: sin as (a: Operand) => Tensor,
  cos: cos as (a: Operand) => Tensor,
  tan: tan as (a: Operand) => Tensor,
  asin: asin as (a: Operand) => Tensor,
  acos: acos as (a: Operand) => Tensor,
  atan: atan as (a: Operand) => Tensor,
  sinh: sinh as (a: Operand) => Tensor,
  cosh: cosh as (a: Operand) => Tensor,
  tanh: tanh as (a: Operand) => Tensor,
  asinh: asinh as (a: Operand) => Tensor,
  acosh: acosh as (a: Operand) => Tensor,
  atanh: atanh as (a: Operand) => Tensor,
  abs: abs as (a: Operand) => Tensor,
  erf: erf as (a: Operand) => Tensor,
  min: minimum,
  max: maximum,
};

/** Up to here, products are both faster and closer to exact than exp(n ln x), and they are defined for x ≤ 0. */
const LARGEST_POWER = 16;

function power(base: Operand, exponent: Operand): Tensor {
  if (typeof exponent !== "number" || typeof base === "number") return pow(base as Tensor, exponent as Tensor);
  const size = Math.abs(exponent);
  if (size > LARGEST_POWER || !Number.isInteger(2 * size) || size === 0) return pow(base, exponent);
  let result: Tensor | undefined = Number.isInteger(size) ? undefined : sqrt(base);
  let square = base;
  for (let rest = Math.floor(size); rest > 0; rest >>= 1) {
    if (rest & 1) result = result === undefined ? square : mul(result, square);
    if (rest > 1) square = mul(square, square);
  }
  return exponent < 0 ? div(1, result as Tensor) : (result as Tensor);
}

/**
 * An expression as a graph, to be called while tracing.
 * @param symbols parameters as f64 tensors of shape [] or [m] (m values a call: batches, derivatives by point), or plain numbers
 * @param columns data known now: whatever depends on it alone is computed once, here, and not in every call
 * @returns f64 of shape [m]; [] or [1] when nothing varies from row to row
 * @throws ARGUMENT for a name that is in neither; SHAPE for a symbol of another shape or type
 */
export function toGraph(root: Expression, symbols: Readonly<Record<string, Tensor | number>>, columns: Environment = {}): Tensor {
  const depth = integralDepth(root);
  const known = knownAlgebra(lookupIn(columns, depth), depth);
  const constants = new Map<Grid, Tensor>();
  const operand = (value: Value): Operand => {
    if (typeof value === "number" || isTensor(value)) return value;
    let tensor = constants.get(value);
    if (tensor === undefined) {
      tensor = constant(value.data, value.shape, "f64");
      constants.set(value, tensor);
    }
    return tensor;
  };
  const isKnown = (values: readonly Value[]): values is readonly Known[] => !values.some(isTensor);
  const symbol = (name: string): Value => {
    const value = Object.hasOwn(symbols, name) ? symbols[name] : undefined;
    if (value === undefined) return known.name({ kind: "name", id: -1, name });
    if (typeof value === "number") return value;
    if (value.shape.length > 1 || value.dtype !== "f64") {
      throw new TetradError("SHAPE", {
        op: "toGraph",
        what: `${name} is not a float64 scalar or vector`,
        got: `${value.dtype} [${value.shape.join(", ")}]`,
      });
    }
    return depth === 0 || value.shape.length === 0 ? value : reshape(value, [...value.shape, ...new Array<number>(depth).fill(1)]);
  };

  const arithmetic: Arithmetic<Value> = {
    number: (value) => value,
    operation: (name, args) =>
      isKnown(args) ? known.operation(name, args) : GRAPH[name](operand(args[0] as Value), operand(args[1] ?? 0)),
  };
  const shared = sharedIntegrals(root, (name) => isOneValue(symbols, columns, name));
  const interpolations = new Map<VariableNode, Interpolation>();

  const result = interpret<Value>(
    root,
    {
      ...arithmetic,
      name: (node) => symbol(node.name),
      nodes(from, to, rule, variable) {
        const { level } = variable;
        if (isKnown([from, to])) {
          const points = shared.has(variable) ? interpolationOf(from as Known, to as Known, rule.nodes.length) : undefined;
          if (points === undefined) return known.nodes(from as Known, to as Known, rule, variable);
          interpolations.set(variable, points);
          return along(points.nodes, 1 + level, depth);
        }
        const [a, b] = [operand(from), operand(to)];
        const t = operand(along(rule.nodes, 1 + level, depth));
        return add(mul(add(a, b), 0.5), mul(mul(sub(b, a), 0.5), t));
      },
      integrate(body, from, to, rule, variable) {
        const { level } = variable;
        const interpolation = interpolations.get(variable);
        if (interpolation !== undefined) {
          // Where the integrand is the same for all rows, its values at the common nodes give every row's integral by one product.
          const { rows, nodes, weights } = interpolation;
          const values = asTensor(operand(body));
          const row = reshape(broadcastTo(values, along(nodes, 1 + level, Math.max(depth, 1)).shape), [1, nodes.length]);
          // As a row, for then a batch of points is one product of matrices, which is 1.6 times as fast as one of a matrix and a vector for each.
          const across = constant(transposed(weights, rows, nodes.length), [nodes.length, rows], "f64");
          return reshape(matmul(row, across), [rows, ...new Array<number>(depth).fill(1)]);
        }
        if (isKnown([body, from, to])) return known.integrate(body as Known, from as Known, to as Known, rule, variable);
        const weighted = mul(operand(body), operand(along(rule.weights, 1 + level, depth)));
        const half = isKnown([from, to])
          ? known.operation("multiply", [known.operation("subtract", [to as Known, from as Known]), 0.5])
          : mul(sub(operand(to), operand(from)), 0.5);
        return mul(sum(weighted, [1 + level], { keepDims: true }), operand(half));
      },
      solve(system) {
        const { slopes, starts, from, to } = system;
        const first = slopes(from, starts);
        if (isKnown([from, to, ...starts, ...first])) return known.solve(system as System<Known>);
        return solveGraph(system, first, { ...arithmetic, operand });
      },
    },
    { isOneValue: (name) => isOneValue(symbols, columns, name) },
  );
  const tensor = asTensor(operand(result));
  return tensor.shape.length <= 1 ? tensor : reshape(tensor, [tensor.shape[0] as number]);
}

/** True for a name that has the same value in all rows. */
function isOneValue(symbols: Readonly<Record<string, Tensor | number>>, columns: Environment, name: string): boolean {
  const value = Object.hasOwn(symbols, name) ? symbols[name] : columns[name];
  return typeof value === "number" || (value !== undefined && "dtype" in value && (value as Tensor).shape.length === 0);
}

/** Aᵀ of A [rows, columns]. */
function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: a.length }, (_, e) => a[(e % rows) * columns + Math.floor(e / rows)] as number);
}
