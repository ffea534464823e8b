/** Long short-term memory (Hochreiter & Schmidhuber 1997), with PyTorch's weights: the input's product for all steps at once, the rest in a loop. */

import { add } from "../ops/add.js";
import { concat } from "../ops/concat.js";
import { type Backward, withGradient } from "../ops/customGradient.js";
import { zeros } from "../ops/full.js";
import { lstmCell } from "../ops/lstmCell.js";
import { lstmCellBackward } from "../ops/lstmCellBackward.js";
import { matmul } from "../ops/matmul.js";
import { scan } from "../ops/scan.js";
import { select } from "../ops/select.js";
import { sliceAxis } from "../ops/slice.js";
import { split } from "../ops/split.js";
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

/** States (T, B, 2H: h | c) after every step of one direction. */
function states(input: Tensor, weight: Tensor, initial: Tensor, live: Tensor | undefined, reverse: boolean): Tensor {
  const units = weight.shape[1] as number;
  const [, all] = scan(
    (state: Tensor, now: { input: Tensor; live: Tensor | undefined }) => {
      const hidden = sliceAxis(state, -1, 0, units);
      const [next, saved] = lstmCell(add(matmul(hidden, weight, { transposeB: true }), now.input), state);
      const kept = now.live === undefined ? next : where(now.live, next, state);
      return [kept, { kept, saved }];
    },
    initial,
    { input, live },
    { reverse },
  );
  const inputs = [input, weight, initial, all.saved, ...(live === undefined ? [] : [live])];
  return withGradient(all.kept, inputs, statesBackward(reverse));
}

/**
 * The loop backwards. It makes the cotangents of the pre-activations alone; the weights' is one product over all steps afterwards, where
 * the loop's own gradient would add up a product per step.
 */
function statesBackward(reverse: boolean): Backward {
  return ({ dy, inputs, output }) => {
    const [input, weight, initial, saved, live] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
    const [, batch, width] = input.shape as readonly [number, number, number];
    const units = width / 4;
    const nothing = zeros([batch, units], dy.dtype);
    const [{ dh, dc }, dPre] = scan(
      ({ dh: fromHidden, dc: fromCell }, now) => {
        // Where the state stood still its cotangent passes by.
        const through = now.live;
        const taken = (d: Tensor) => (through === undefined ? d : where(through, d, 0));
        const passed = (d: Tensor, own: Tensor, outside: Tensor) =>
          through === undefined ? d : add(d, where(through, 0, add(own, outside)));
        const [d, dBefore] = lstmCellBackward(now.saved, taken(now.dy), taken(fromHidden), taken(fromCell));
        const [dyHidden, dyCell] = split(now.dy, 2, -1) as [Tensor, Tensor];
        return [{ dh: passed(matmul(d, weight), fromHidden, dyHidden), dc: passed(dBefore, fromCell, dyCell) }, d];
      },
      { dh: nothing, dc: nothing },
      { saved, dy, live },
      { reverse: !reverse },
    );
    const hidden = (x: Tensor) => sliceAxis(x, -1, 0, units);
    const dWeight = recurrentWeightGradient(dPre, hidden(output), hidden(initial), reverse);
    return [dPre, dWeight, concat([dh, dc], -1), undefined, ...(live === undefined ? [] : [undefined])];
  };
}

function run({ input, weight, reverse, live }: Direction, [h0, c0]: readonly Tensor[]) {
  const initial = concat([h0 as Tensor, c0 as Tensor], -1);
  const all = states(input, weight, initial, live, reverse);
  const [hidden] = split(all, 2, -1) as [Tensor, Tensor];
  return { hidden, last: split(select(all, 0, reverse ? 0 : -1), 2, -1) };
}

const cell: Cell = { name: "lstm", gates: 4, states: 2, joinsBiases: true, run };

export interface LstmOptions extends RecurrentOptions {
  /** Initial states (layers · directions, B, H); zeros unless given. */
  readonly h0?: Tensor;
  readonly c0?: Tensor;
}

export interface LstmResult {
  /** (T, B, directions · H), or (B, T, …) with `batchFirst`. */
  readonly y: Tensor;
  /** States after the last step, (layers · directions, B, H). */
  readonly hn: Tensor;
  readonly cn: Tensor;
}

/**
 * i, f, o = σ(…), g = tanh(…) of W_ih x + b_ih + W_hh h + b_hh, c' = f c + i g, h' = o tanh(c'), over the steps of x: torch.nn.LSTM.
 * Layers and directions are those that `weights` name: weight_ih_l0 (4H, in), weight_hh_l0 (4H, H), bias_ih_l0 and bias_hh_l0 (4H, both optional), the same with
 * _l1, …, and with _reverse for the direction from the last step to the first. A bounded axis 0 may be the batch, with `batchFirst`; hn and cn then
 * have the rows of its maximum.
 * Throws SHAPE or ARGUMENT when shapes or names do not fit.
 * @param x (T, B, in), or (B, T, in) with `batchFirst`
 */
export function lstm(x: Tensor, weights: Readonly<Record<string, Tensor>>, { h0, c0, ...options }: LstmOptions = {}): LstmResult {
  const { y, last } = recurrent(cell, x, weights, [h0, c0], options);
  return { y, hn: last[0] as Tensor, cn: last[1] as Tensor };
}

/** `lstm` as a layer: the sequence of its last layer's h. Initialised as torch.nn.LSTM. */
export function lstmLayer(inputs: number, units: number, options: RecurrentLayerOptions = {}): Layer {
  const { batchFirst = false, dropout = 0 } = options;
  return {
    params: recurrentParams("lstm", 4, inputs, units, options),
    apply: (params, x, { training }) => lstm(x, params, { batchFirst, dropout, training }).y,
  };
}
