/** What LSTM and GRU share around their loops: layers and directions under PyTorch's names, batch first, lengths, dropout between layers, bounded batches. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { add } from "../ops/add.js";
import { arange } from "../ops/arange.js";
import { concat } from "../ops/concat.js";
import { dropout } from "../ops/dropout.js";
import { cutBound, fillBound } from "../ops/fillBound.js";
import { zeros } from "../ops/full.js";
import { less } from "../ops/less.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/reshape.js";
import { select } from "../ops/select.js";
import { sliceAxis } from "../ops/slice.js";
import { stack } from "../ops/stack.js";
import { swapAxes } from "../ops/transpose.js";
import { where } from "../ops/where.js";
import { formatShape, sizeOf } from "../shape.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";

export interface RecurrentOptions {
  /** x and y are (batch, time, …) instead of (time, batch, …). */
  readonly batchFirst?: boolean;
  /** i32 (batch): how many steps of each row count. Behind them the state stands still and y is zero, as with PyTorch's packed sequences. */
  readonly lengths?: Tensor;
  /** Rate of dropout between layers; only while `training`. */
  readonly dropout?: number;
  readonly training?: boolean;
}

export interface RecurrentLayerOptions {
  readonly layers?: number;
  readonly bias?: boolean;
  readonly batchFirst?: boolean;
  readonly bidirectional?: boolean;
  /** Rate of dropout on the output of each layer but the last, while training. */
  readonly dropout?: number;
}

type Weights = Readonly<Record<string, Tensor>>;

/** One direction of one layer, time first. */
export interface Direction {
  /** W_ih x + b_ih for all steps, and b_hh where biases join, (T, B, gates · H). */
  readonly input: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly reverse: boolean;
  /** bool (T, B, 1): the step counts. */
  readonly live: Tensor | undefined;
}

/** h of all steps (T, B, H), and each state's last value (B, H) by name. */
export interface DirectionResult {
  readonly hidden: Tensor;
  readonly last: readonly Tensor[];
}

export interface Cell {
  readonly name: string;
  /** Gates side by side in the weights: 4 of an LSTM, 3 of a GRU. */
  readonly gates: number;
  /** States besides the weights: h, or h and c. */
  readonly states: number;
  /** Both biases are only ever added to one another: an LSTM's, not a GRU's. */
  readonly joinsBiases: boolean;
  run(direction: Direction, initial: readonly Tensor[]): DirectionResult;
}

export interface RecurrentResult {
  readonly y: Tensor;
  /** (layers · directions, B, H) each. */
  readonly last: readonly Tensor[];
}

/** W x + b over all steps of x (T, B, in), in one product. */
function project(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const [steps, batch, size] = x.shape as readonly [number, number, number];
  const y = matmul(reshape(x, [steps * batch, size]), weight, { transposeB: true });
  return reshape(bias === undefined ? y : add(y, bias), [steps, batch, weight.shape[0] as number]);
}

function checkWeights(cell: Cell, weights: Weights, name: string, inputs: number): { units: number } {
  const fail = (what: string, got: string, expected: string) => new TetradError("SHAPE", { op: cell.name, what, got, expected });
  const [input, hidden] = [weights[`weight_ih_${name}`], weights[`weight_hh_${name}`]];
  if (input === undefined || hidden === undefined)
    throw new TetradError("ARGUMENT", {
      op: cell.name,
      what: `lacks weights of "${name}"`,
      got: Object.keys(weights).join(", ") || "none",
      expected: `weight_ih_${name} and weight_hh_${name}`,
    });
  const units = hidden.shape[1] ?? 0;
  const rows = cell.gates * units;
  if (hidden.rank !== 2 || hidden.shape[0] !== rows)
    throw fail(`weight_hh_${name} has another shape`, formatShape(hidden.shape), `(${cell.gates}H, H)`);
  if (input.rank !== 2 || input.shape[0] !== rows || input.shape[1] !== inputs)
    throw fail(`weight_ih_${name} has another shape`, formatShape(input.shape), `[${rows}, ${inputs}]`);
  for (const kind of ["bias_ih", "bias_hh"]) {
    const bias = weights[`${kind}_${name}`];
    if (bias !== undefined && (bias.rank !== 1 || bias.size !== rows))
      throw fail(`${kind}_${name} has another shape`, formatShape(bias.shape), `[${rows}]`);
  }
  return { units };
}

/** Runs all layers and directions that `weights` name. */
export function recurrent(
  cell: Cell,
  given: Tensor,
  weights: Weights,
  initial: readonly (Tensor | undefined)[],
  { batchFirst = false, lengths, dropout: rate = 0, training = false }: RecurrentOptions,
): RecurrentResult {
  if (given.rank !== 3 || !isFloat(given.dtype))
    throw new TetradError("SHAPE", {
      op: cell.name,
      what: "needs a floating-point sequence",
      got: `${given.dtype} ${formatShape(given.shape)}`,
      expected: batchFirst ? "(batch, time, features)" : "(time, batch, features)",
    });
  const { bound } = given;
  if (bound !== undefined && !batchFirst)
    throw new TetradError("UNSUPPORTED", {
      op: cell.name,
      what: `the bounded axis "${bound.name}" must be the batch`,
      hint: "batchFirst: true, and lengths for rows of unlike length",
    });
  // The loop runs over axis 0 and cannot follow a live batch: it gets the largest, whose dead rows are zero and stay without gradient.
  const whole = fillBound(given);
  let x = batchFirst ? swapAxes(whole, 0, 1) : whole;
  const [steps, batch] = x.shape as readonly [number, number, number];
  if (steps === 0) throw new TetradError("SHAPE", { op: cell.name, what: "a sequence without steps", got: formatShape(given.shape) });
  const live = lengths === undefined ? undefined : liveSteps(cell, fillBound(lengths), steps, batch);
  if (live !== undefined) x = where(live, x, 0);
  const directions = "weight_ih_l0_reverse" in weights ? 2 : 1;
  const last: (readonly Tensor[])[] = [];
  for (let layer = 0; layer === 0 || `weight_ih_l${layer}` in weights; layer++) {
    const hidden: Tensor[] = [];
    for (let d = 0; d < directions; d++) {
      const name = `l${layer}${d === 1 ? "_reverse" : ""}`;
      const { units } = checkWeights(cell, weights, name, x.shape[2] as number);
      const index = layer * directions + d;
      const states = Array.from({ length: cell.states }, (_, i) => initialState(cell, initial[i], index, batch, units, x));
      const [toInput, toState] = [weights[`bias_ih_${name}`], weights[`bias_hh_${name}`]];
      const joined = cell.joinsBiases && toState !== undefined ? (toInput === undefined ? toState : add(toInput, toState)) : toInput;
      const result = cell.run(
        {
          input: project(x, weights[`weight_ih_${name}`] as Tensor, joined),
          weight: weights[`weight_hh_${name}`] as Tensor,
          bias: cell.joinsBiases ? undefined : toState,
          reverse: d === 1,
          live,
        },
        states,
      );
      hidden.push(live === undefined ? result.hidden : where(live, result.hidden, 0));
      last.push(result.last);
    }
    x = hidden.length === 1 ? (hidden[0] as Tensor) : concat(hidden, 2);
    if (training && rate > 0 && `weight_ih_l${layer + 1}` in weights) x = dropout(x, { rate });
  }
  for (const [i, state] of initial.entries()) {
    if (state !== undefined && state.shape[0] !== last.length)
      throw new TetradError("SHAPE", {
        op: cell.name,
        what: `initial state ${i} has too many rows`,
        got: formatShape(state.shape),
        expected: `[${last.length}, …]`,
      });
  }
  const y = batchFirst ? swapAxes(x, 0, 1) : x;
  return {
    y: bound === undefined ? y : cutBound(y, bound),
    last: Array.from({ length: cell.states }, (_, i) => stack(last.map((states) => states[i] as Tensor))),
  };
}

function liveSteps(cell: Cell, lengths: Tensor, steps: number, batch: number): Tensor {
  if (lengths.dtype !== "i32" || sizeOf(lengths.shape) !== batch || lengths.rank !== 1)
    throw new TetradError("SHAPE", {
      op: cell.name,
      what: "lengths must be one whole number per row",
      got: `${lengths.dtype} ${formatShape(lengths.shape)}`,
      expected: `i32 [${batch}]`,
    });
  return less(reshape(arange(steps, { dtype: "i32" }), [steps, 1, 1]), reshape(lengths, [1, batch, 1]));
}

function initialState(cell: Cell, given: Tensor | undefined, index: number, batch: number, units: number, x: Tensor): Tensor {
  if (given === undefined) return zeros([batch, units], x.dtype);
  if (given.rank !== 3 || given.shape[1] !== batch || given.shape[2] !== units || (given.shape[0] as number) <= index)
    throw new TetradError("SHAPE", {
      op: cell.name,
      what: "an initial state has another shape",
      got: formatShape(given.shape),
      expected: `[layers · directions, ${batch}, ${units}]`,
    });
  return select(given, 0, index);
}

/** Gradient of the recurrent weights: Σ dᵀ h over all steps, h the state before the step, which is the one before in `hidden` or `initial`. */
export function recurrentWeightGradient(d: Tensor, hidden: Tensor, initial: Tensor, reverse: boolean): Tensor {
  const steps = d.shape[0] as number;
  const rows = (x: Tensor) => reshape(x, [-1, x.shape[2] as number]);
  const product = (a: Tensor, b: Tensor) => matmul(a, b, { transposeA: true });
  const begin = product(select(d, 0, reverse ? -1 : 0), initial);
  if (steps === 1) return begin;
  const [later, earlier] = [1, 0].map((from) => (x: Tensor) => rows(sliceAxis(x, 0, from, from + steps - 1)));
  const [after, before] = reverse ? [earlier, later] : [later, earlier];
  return add(product((after as typeof rows)(d), (before as typeof rows)(hidden)), begin);
}

/** Parameters of all layers and directions by PyTorch's names, uniform in ±1/√H as there. */
export function recurrentParams(
  op: string,
  gates: number,
  inputs: number,
  units: number,
  { layers = 1, bias = true, bidirectional = false }: RecurrentLayerOptions,
): Record<string, ParamSpec> {
  const sizes = { inputs, units, layers };
  const wrong = Object.entries(sizes).find(([, size]) => !Number.isInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new TetradError("ARGUMENT", { op, what: `${wrong[0]} must be a positive whole number`, got: `${wrong[1]}` });
  const init = { uniform: 1 / Math.sqrt(units) };
  const params: Record<string, ParamSpec> = {};
  for (let layer = 0; layer < layers; layer++) {
    for (const suffix of bidirectional ? ["", "_reverse"] : [""]) {
      const width = layer === 0 ? inputs : units * (bidirectional ? 2 : 1);
      params[`weight_ih_l${layer}${suffix}`] = { shape: [gates * units, width], init };
      params[`weight_hh_l${layer}${suffix}`] = { shape: [gates * units, units], init };
      if (!bias) continue;
      params[`bias_ih_l${layer}${suffix}`] = { shape: [gates * units], init };
      params[`bias_hh_l${layer}${suffix}`] = { shape: [gates * units], init };
    }
  }
  return params;
}
