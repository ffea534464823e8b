/** One step of an LSTM from its pre-activations, fused: four gates, the new cell and the new state in one pass. */

import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { concat } from "./concat.js";
import { mul } from "./mul.js";
import { cellCases, cellSize, cellSpecs, gradientThrough, launchCell, type None } from "./recurrentCell.js";
import { batchAll } from "./rows.js";
import { sigmoid } from "./sigmoid.js";
import { split } from "./split.js";
import { tanh } from "./tanh.js";

function composed([pre, state]: readonly Tensor[]): readonly Tensor[] {
  const [i, f, g, o] = split(pre as Tensor, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const [, cell] = split(state as Tensor, 2, -1) as [Tensor, Tensor];
  const gates = [sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)] as const;
  const next = add(mul(gates[1], cell), mul(gates[0], gates[2]));
  const y = tanh(next);
  return [concat([mul(gates[3], y), next], -1), concat([...gates, cell, y], -1)];
}

export const lstmCellOp: Op<None> = {
  name: "lstmCell",
  tolerance: "transcendental",
  infer(inputs) {
    const spec = cellSpecs("lstmCell", inputs, [4, 2]);
    return [spec(2), spec(6)];
  },
  gradient: ({ inputs, dys }) => gradientThrough(composed, inputs, dys),
  reference([first, second], _, specs) {
    const [pre, state] = [first as NonNullable<typeof first>, second as NonNullable<typeof second>];
    const [next, saved] = specs.map((spec) => ndZeros(spec.shape, spec.dtype)) as [typeof pre, typeof pre];
    const { rows, units } = cellSize(pre.shape, 4);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < units; k++) {
        const gate = (n: number) => pre.data[(4 * row + n) * units + k] as number;
        const logistic = (n: number) => 1 / (1 + Math.exp(-gate(n)));
        const [i, f, g, o] = [logistic(0), logistic(1), Math.tanh(gate(2)), logistic(3)];
        const before = state.data[(2 * row + 1) * units + k] as number;
        const cell = f * before + i * g;
        next.data[2 * row * units + k] = o * Math.tanh(cell);
        next.data[(2 * row + 1) * units + k] = cell;
        [i, f, g, o, before, Math.tanh(cell)].forEach((value, n) => {
          saved.data[(6 * row + n) * units + k] = value;
        });
      }
    }
    return [next, saved];
  },
  flops: ([pre]) => 26 * sizeOf((pre as Spec).shape),
  cases: () => cellCases([4, 2]),
  lowering: { kind: "launch", launch: (context, node) => launchCell(context, node, "lstm_cell", 4) },
  bounded: true,
  batch: (inputs, batched) => applyAll(lstmCellOp, batchAll(inputs, batched), {}),
};

/**
 * c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'). Returns the next state (…, 2H: h' | c') and what the gradient reads (…, 6H: i | f | g | o | c | tanh(c')), gates activated.
 * @param pre (…, 4H), gates in the order i, f, g, o
 * @param state (…, 2H): h | c
 */
export function lstmCell(pre: Tensor, state: Tensor): [Tensor, Tensor] {
  const [next, saved] = applyAll(lstmCellOp, [pre, state], {});
  return [next as Tensor, saved as Tensor];
}
