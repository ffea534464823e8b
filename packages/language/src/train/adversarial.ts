/**
 * Training on word embeddings that are moved to where the loss is larger: one step (FGM, Miyato et al. 2017, arXiv:1605.07725) or several with a projection (PGD, Madry et
 * al. 2018, arXiv:1706.06083), of which FreeLB takes every step's loss, not the last one's alone (Zhu et al. 2020, arXiv:1909.11764). The moves are part of the traced
 * step, so that one plan holds all forward and backward passes.
 */

import { add, div, gradients, minimum, mul, sqrt, square, stopGradient, sum, type Tensor, TetradError } from "@tetrad/engine";
import type { Params } from "../models/backbone.js";

export type Adversarial =
  | { readonly method: "fgm" /** Length of the move */; readonly epsilon: number }
  | {
      readonly method: "pgd" | "freelb";
      /** Largest length of the whole move */
      readonly epsilon: number;
      /** Length of each step */
      readonly alpha: number;
      readonly steps: number;
    };

export interface AdversarialLoss {
  /** What the optimiser takes the gradient of: clean and last adversarial loss together, or the mean of all (FreeLB) */
  readonly loss: Tensor;
  /** Clean, then after each move */
  readonly losses: readonly Tensor[];
  /** How far the table has been moved after each step, like the table */
  readonly moves: readonly Tensor[];
}

/** @throws TetradError ARGUMENT for lengths and counts that are not above 0 */
export function checkAdversarial(options: Adversarial): void {
  const numbers = options.method === "fgm" ? [options.epsilon] : [options.epsilon, options.alpha, options.steps];
  if (numbers.every((value) => value > 0 && Number.isFinite(value)) && (options.method === "fgm" || Number.isInteger(options.steps)))
    return;
  throw new TetradError("ARGUMENT", {
    op: "adversarial",
    what: "epsilon, alpha and steps must be above 0, steps a whole number",
    got: JSON.stringify(options),
  });
}

/**
 * @param lossOf the loss of parameters
 * @param table name of the word embeddings
 */
export function adversarialLoss(lossOf: (params: Params) => Tensor, params: Params, table: string, options: Adversarial): AdversarialLoss {
  checkAdversarial(options);
  const clean = lossOf(params);
  const losses = [clean];
  const moves: Tensor[] = [];
  const embeddings = params[table] as Tensor;
  const [steps, length] = options.method === "fgm" ? [1, options.epsilon] : [options.steps, options.alpha];
  let moved = embeddings;
  for (let step = 0; step < steps; step++) {
    const [slope] = gradients(losses[step] as Tensor, [moved]) as [Tensor];
    const ahead = mul(slope, div(length, norm(slope)));
    const before = moves.at(-1);
    const free = before === undefined ? ahead : add(before, ahead);
    // Beyond epsilon the move is shortened to it.
    const move = options.method === "fgm" ? free : mul(free, minimum(1, div(options.epsilon, norm(free))));
    moves.push(stopGradient(move));
    moved = add(embeddings, moves[step] as Tensor);
    losses.push(lossOf({ ...params, [table]: moved }));
  }
  const loss =
    options.method === "freelb"
      ? div(
          losses.reduce((sum, one) => add(sum, one)),
          losses.length,
        )
      : add(clean, losses.at(-1) as Tensor);
  return { loss, losses, moves };
}

const norm = (x: Tensor): Tensor => sqrt(sum(square(x)));
