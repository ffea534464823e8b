/** Compares a function's gradient with central differences, both in float64 on the reference backend. */

import { gradients } from "../autodiff.js";
import { interpret } from "../backends/reference.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import { add } from "../ops/add.js";
import { mul } from "../ops/mul.js";
import { sum } from "../ops/sum.js";
import type { Tensor } from "../tensor.js";
import { constant, flatten, type NestedNumbers, traceFunction } from "../trace.js";
import { leaves, type Tree } from "./tree.js";

/** The element where gradient and differences disagree most. */
export interface GradientCheck {
  /** |analytic − numeric| / max(1, |analytic|, |numeric|). */
  readonly error: number;
  /** Which input, and which of its elements in row-major order. */
  readonly input: number;
  readonly element: number;
  readonly analytic: number;
  readonly numeric: number;
}

/** Cube root of the rounding unit: where truncation and rounding of a central difference are about equal. */
const STEP = 6e-6;

/** A weighted sum of everything `f` returns: one number in which no output's gradient can hide behind another's. */
function weigh(result: Tree): Tensor {
  const terms = leaves(result).map((y, i) => {
    const weights = Float64Array.from({ length: y.size }, (_, k) => Math.cos(1 + i + 2 * k));
    return sum(mul(y, constant(weights, y.shape, y.dtype)));
  });
  return terms.reduce((total, term) => add(total, term));
}

/**
 * Checks the gradient of `f` at `inputs`, numbers or nested arrays that `f` receives as float64 tensors in the same order. `f` returns a tensor, or an array or record of
 * tensors, of any shape. Returns the worst element. Throws ARGUMENT, naming it, when its error exceeds `tolerance`, and for values that are not finite.
 * Kinks (relu at 0, max at a tie) have no derivative to compare with: keep away from them by more than 1e-5.
 */
export function checkGradient(
  f: (...inputs: Tensor[]) => Tree,
  inputs: readonly NestedNumbers[],
  { tolerance = 1e-6 }: { tolerance?: number } = {},
): GradientCheck {
  const flat = inputs.map(flatten);
  const specs = Object.fromEntries(flat.map(({ shape }, i) => [`input${i}`, { shape, dtype: "f64" as const }]));
  const { graph, result } = traceFunction(specs, (named) => {
    const xs = flat.map((_, i) => named[`input${i}`] as Tensor);
    const value = weigh(f(...xs));
    return { xs, value, slopes: gradients(value, xs) };
  });
  const feeds = new Map<Tensor, NdArray>(
    result.xs.map((x, i) => [x, { shape: x.shape, dtype: x.dtype, data: (flat[i] as { values: Float64Array }).values.slice() }]),
  );
  const slopes = interpret(graph, result.slopes, feeds);
  const evaluate = () => (interpret(graph, [result.value], feeds)[0] as NdArray).data[0] as number;
  let worst: GradientCheck = { error: 0, input: 0, element: 0, analytic: 0, numeric: 0 };
  result.xs.forEach((x, input) => {
    const data = (feeds.get(x) as NdArray).data;
    for (let element = 0; element < data.length; element++) {
      const at = data[element] as number;
      const h = STEP * Math.max(1, Math.abs(at));
      data[element] = at + h;
      const above = evaluate();
      data[element] = at - h;
      const below = evaluate();
      data[element] = at;
      const numeric = (above - below) / (2 * h);
      const analytic = slopes[input]?.data[element] as number;
      const error = Math.abs(analytic - numeric) / Math.max(1, Math.abs(analytic), Math.abs(numeric));
      // NaN compares as the worst there is.
      if (!(error <= worst.error)) worst = { error, input, element, analytic, numeric };
      if (Number.isNaN(error)) return;
    }
  });
  if (!(worst.error <= tolerance)) {
    throw new TetradError("ARGUMENT", {
      op: "checkGradient",
      what: `the gradient by input ${worst.input} disagrees with central differences at element ${worst.element}`,
      got: `${worst.analytic}`,
      expected: `${worst.numeric} within ${tolerance}`,
    });
  }
  return worst;
}
