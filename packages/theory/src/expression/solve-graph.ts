/**
 * Differential equations as graph ops. A linear system's steps are matrices, which do not wait for one another: all are computed at once, along an axis
 * of their own, and only their products go step by step. Other systems do all of it in a scan.
 */

import { add, broadcastTo, concat, constant, matmul, mul, reshape, scan, sub, type Tensor } from "@tetrad/engine";
import type { Known } from "./evaluate.js";
import type { System } from "./interpret.js";
import { type Arithmetic, type CommonPath, commonPath, dormandPrinceStep, stageTimes } from "./ode.js";

/** Computed while tracing where all is known, else by the graph. */
export type Value = Known | Tensor;
export type Operand = Tensor | number;

export function isTensor(value: Value): value is Tensor {
  return typeof value !== "number" && "dtype" in value;
}

export function asTensor(value: Operand): Tensor {
  return typeof value === "number" ? constant(Float64Array.of(value), [], "f64") : value;
}

/** An algebra's arithmetic, and its way of making graph operands. */
export interface GraphArithmetic extends Arithmetic<Value> {
  readonly operand: (value: Value) => Operand;
}

/** @param first the slopes at the start, which tell the shapes */
export function solveGraph(system: System<Value>, first: readonly Value[], arithmetic: GraphArithmetic): readonly Value[] {
  const { slopes, starts, from, to, steps, shared } = system;
  const { operand } = arithmetic;
  if (shared && typeof from === "number" && typeof to !== "number" && !isTensor(to)) {
    const path = commonPath(from, to.data, steps);
    if (path !== undefined) {
      const shape = commonShape([...starts, ...first]);
      const { passed } = allSteps(system, path.h, shape, arithmetic);
      const there = passed.map((states, i) => atNodes(asTensor(operand(starts[i] as Value)), states, path, to.shape));
      return dormandPrinceStep(arithmetic, slopes, { data: path.begins, shape: to.shape }, there, { data: path.rests, shape: to.shape });
    }
  }
  const h = arithmetic.operation("divide", [arithmetic.operation("subtract", [to, from]), steps]);
  const shape = commonShape([from, to, ...starts, ...first]);
  return allSteps(system, h, shape, arithmetic).last;
}

interface Steps {
  /** Each state after every step [steps, …shape]. */
  readonly passed: readonly Tensor[];
  readonly last: readonly Tensor[];
}

function allSteps(system: System<Value>, h: Value, shape: readonly number[], arithmetic: GraphArithmetic): Steps {
  const { slopes, starts, from, steps, linear } = system;
  const { operand } = arithmetic;
  const initial = starts.map((start) => broadcastTo(asTensor(operand(start)), shape));
  const indices = Float64Array.from({ length: steps }, (_, i) => i);
  if (linear) {
    const turns = constant(indices, [steps, ...shape.map(() => 1)], "f64");
    const x = add(operand(from), mul(turns, operand(h)));
    const maps = stepMatrices(system, x, h, [steps, ...shape], arithmetic);
    const [last, passed] = scan<Tensor[], Tensor[], Tensor[][]>(
      (y, rows) => {
        const next = rows.map((row) => applied(row, y));
        return [next, next];
      },
      initial,
      maps,
    );
    return { passed, last };
  }
  const [last, passed] = scan<Tensor[], Tensor[], Tensor>(
    (y, turn) => {
      const x = add(operand(from), mul(turn, operand(h)));
      const next = dormandPrinceStep(arithmetic, slopes, x, y, h).map((value) => broadcastTo(asTensor(operand(value)), shape));
      return [next, next];
    },
    initial,
    constant(indices, [steps], "f64"),
  );
  return { passed, last };
}

/** Every step as y → M y + c, by what it makes of zero and of each unit vector: the rows of M, each with its entry of c behind it where c is not zero. */
function stepMatrices(
  { slopes, starts, homogeneous }: System<Value>,
  x: Tensor,
  h: Value,
  shape: readonly number[],
  arithmetic: GraphArithmetic,
): Tensor[][] {
  const times = stageTimes(arithmetic, x, h);
  const step = (y: readonly number[]): Tensor[] =>
    dormandPrinceStep(arithmetic, slopes, x, y, h, times).map((value) => broadcastTo(asTensor(arithmetic.operand(value)), shape));
  const units = starts.map((_, j) => step(starts.map((_, i) => (i === j ? 1 : 0))));
  if (homogeneous) return starts.map((_, i) => units.map((unit) => unit[i] as Tensor));
  const zero = step(starts.map(() => 0));
  return starts.map((_, i) => [...units.map((unit) => sub(unit[i] as Tensor, zero[i] as Tensor)), zero[i] as Tensor]);
}

function applied(row: readonly Tensor[], y: readonly Tensor[]): Tensor {
  const product = y.map((value, i) => mul(row[i] as Tensor, value)).reduce((sum, term) => add(sum, term));
  return row.length > y.length ? add(product, row[y.length] as Tensor) : product;
}

/** A state at the node before each row's end: the start, or what one of the steps led to. */
function atNodes(start: Tensor, states: Tensor, { nodes }: CommonPath, shape: readonly number[]): Tensor {
  const steps = states.shape[0] as number;
  const chosen = new Float64Array(nodes.length * (steps + 1));
  nodes.forEach((node, row) => {
    chosen[row * (steps + 1) + node] = 1;
  });
  const all = concat([reshape(start, [1, 1]), reshape(states, [steps, 1])], 0);
  return reshape(matmul(constant(chosen, [nodes.length, steps + 1], "f64"), all), shape);
}

function commonShape(values: readonly Value[]): number[] {
  const shapes = values.map((value) => (typeof value === "number" ? [] : value.shape));
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)));
}
