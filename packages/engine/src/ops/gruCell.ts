/** One step of a GRU from the input's and the state's shares of its pre-activations, fused. */

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
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";

function composed([input, hidden, state]: readonly Tensor[]): readonly Tensor[] {
  const [xr, xz, xn] = split(input as Tensor, 3, -1) as [Tensor, Tensor, Tensor];
  const [hr, hz, hn] = split(hidden as Tensor, 3, -1) as [Tensor, Tensor, Tensor];
  const r = sigmoid(add(xr, hr));
  const z = sigmoid(add(xz, hz));
  const n = tanh(add(xn, mul(r, hn)));
  return [add(n, mul(z, sub(state as Tensor, n))), concat([r, z, n, hn, state as Tensor], -1)];
}

export const gruCellOp: Op<None> = {
  name: "gruCell",
  tolerance: "transcendental",
  infer(inputs) {
    const spec = cellSpecs("gruCell", inputs, [3, 3, 1]);
    return [spec(1), spec(5)];
  },
  gradient: ({ inputs, dys }) => gradientThrough(composed, inputs, dys),
  reference([first, second, third], _, specs) {
    type Array = NonNullable<typeof first>;
    const [input, hidden, state] = [first as Array, second as Array, third as Array];
    const [next, saved] = specs.map((spec) => ndZeros(spec.shape, spec.dtype)) as [Array, Array];
    const { rows, units } = cellSize(input.shape, 3);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < units; k++) {
        const x = (gate: number) => input.data[(3 * row + gate) * units + k] as number;
        const h = (gate: number) => hidden.data[(3 * row + gate) * units + k] as number;
        const logistic = (v: number) => 1 / (1 + Math.exp(-v));
        const r = logistic(x(0) + h(0));
        const z = logistic(x(1) + h(1));
        const n = Math.tanh(x(2) + r * h(2));
        const before = state.data[row * units + k] as number;
        next.data[row * units + k] = n + z * (before - n);
        [r, z, n, h(2), before].forEach((value, i) => {
          saved.data[(5 * row + i) * units + k] = value;
        });
      }
    }
    return [next, saved];
  },
  flops: ([input]) => 26 * sizeOf((input as Spec).shape),
  cases: () => cellCases([3, 3, 1]),
  lowering: { kind: "launch", launch: (context, node) => launchCell(context, node, "gru_cell", 3) },
  bounded: true,
  batch: (inputs, batched) => applyAll(gruCellOp, batchAll(inputs, batched), {}),
};

/**
 * r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r h_n), h' = n + z (h − n): PyTorch's GRU, whose reset gate acts after the product with the weights.
 * Returns the next state (…, H) and what the gradient reads (…, 5H: r | z | n | h_n | h).
 * @param input W_ih x + b_ih, (…, 3H), gates in the order r, z, n
 * @param hidden W_hh h + b_hh, (…, 3H)
 * @param state h, (…, H)
 */
export function gruCell(input: Tensor, hidden: Tensor, state: Tensor): [Tensor, Tensor] {
  const [next, saved] = applyAll(gruCellOp, [input, hidden, state], {});
  return [next as Tensor, saved as Tensor];
}
