/** Gated recurrent unit (Cho et al. 2014) with PyTorch's weights: the input's product for all steps at once, the rest in a loop. */

import { add } from "../ops/add.js";
import { type Backward, withGradient } from "../ops/customGradient.js";
import { zeros } from "../ops/full.js";
import { gruCell } from "../ops/gruCell.js";
import { gruCellBackward } from "../ops/gruCellBackward.js";
import { matmul } from "../ops/matmul.js";
import { scan } from "../ops/scan.js";
import { select } from "../ops/select.js";
import { sum } from "../ops/sum.js";
import { where } from "../ops/where.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";
import {
  type Cell,
  type Direction,
  type RecurrentLayerOptions,
  type RecurrentOptions,
  recurrent,
  recurrentParams,
  recurrentWeightGradient,
} from "./recurrent.js";

/** States (T, B, H) after every step of one direction. */
function states(input: Tensor, weight: Tensor, bias: Tensor, initial: Tensor, live: Tensor | undefined, reverse: boolean): Tensor {
  const [, all] = scan(
    (state: Tensor, now: { input: Tensor; live: Tensor | undefined }) => {
      const [next, saved] = gruCell(now.input, add(matmul(state, weight, { transposeB: true }), bias), state);
      const kept = now.live === undefined ? next : where(now.live, next, state);
      return [kept, { kept, saved }];
    },
    initial,
    { input, live },
    { reverse },
  );
  const inputs = [input, weight, bias, initial, all.saved, ...(live === undefined ? [] : [live])];
  return withGradient(all.kept, inputs, statesBackward(reverse));
}

/** The loop backwards, for the cotangents of both shares; the weights' is one product over all steps afterwards. */
function statesBackward(reverse: boolean): Backward {
  return ({ dy, inputs, output }) => {
    const [input, weight, , initial, saved, live] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
    const [, batch, width] = input.shape as readonly [number, number, number];
    const units = width / 3;
    const [dInitial, { dInput, dHidden }] = scan(
      (later: Tensor, now) => {
        const through = now.live;
        const taken = (d: Tensor) => (through === undefined ? d : where(through, d, 0));
        const [toInput, toHidden, dBefore] = gruCellBackward(now.saved, taken(now.dy), taken(later));
        const d = add(matmul(toHidden, weight), dBefore);
        // Where the state stood still its cotangent passes by.
        const next = through === undefined ? d : add(d, where(through, 0, add(now.dy, later)));
        return [next, { dInput: toInput, dHidden: toHidden }];
      },
      zeros([batch, units], dy.dtype),
      { saved, dy, live },
      { reverse: !reverse },
    );
    const dWeight = recurrentWeightGradient(dHidden, output, initial, reverse);
    return [dInput, dWeight, sum(dHidden, [0, 1]), dInitial, undefined, ...(live === undefined ? [] : [undefined])];
  };
}

function run({ input, weight, bias, reverse, live }: Direction, [h0]: readonly Tensor[]) {
  const hidden = states(input, weight, bias ?? zeros([weight.shape[0] as number], weight.dtype), h0 as Tensor, live, reverse);
  return { hidden, last: [select(hidden, 0, reverse ? 0 : -1)] };
}

const cell: Cell = { name: "gru", gates: 3, states: 1, joinsBiases: false, run };

export interface GruOptions extends RecurrentOptions {
  /** Initial state (layers · directions, B, H); zeros unless given. */
  readonly h0?: Tensor;
}

export interface GruResult {
  /** (T, B, directions · H), or (B, T, …) with `batchFirst`. */
  readonly y: Tensor;
  /** State after the last step, (layers · directions, B, H). */
  readonly hn: Tensor;
}

/**
 * r, z = σ(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 − z) n + z h, over the steps of x: torch.nn.GRU.
 * Layers and directions are those that `weights` name: weight_ih_l0 (3H, in), weight_hh_l0 (3H, H), bias_ih_l0 and bias_hh_l0 (3H, both optional), the same with
 * _l1, …, and with _reverse for the direction from the last step to the first. A bounded axis 0 may be the batch, with `batchFirst`; hn then has the
 * rows of its maximum.
 * Throws SHAPE or ARGUMENT when shapes or names do not fit.
 * @param x (T, B, in), or (B, T, in) with `batchFirst`
 */
export function gru(x: Tensor, weights: Readonly<Record<string, Tensor>>, { h0, ...options }: GruOptions = {}): GruResult {
  const { y, last } = recurrent(cell, x, weights, [h0], options);
  return { y, hn: last[0] as Tensor };
}

/** `gru` as a layer: the sequence of its last layer's h. Initialised as torch.nn.GRU. */
export function gruLayer(inputs: number, units: number, options: RecurrentLayerOptions = {}): Layer {
  const { batchFirst = false, dropout = 0 } = options;
  return {
    params: recurrentParams("gru", 3, inputs, units, options),
    apply: (params, x, { training }) => gru(x, params, { batchFirst, dropout, training }).y,
  };
}
