/** Gradient of `lstmCell`, fused, from what it saved. */

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
import { split } from "./split.js";
import { square } from "./square.js";
import { sub } from "./sub.js";

const MULTIPLES = [6, 2, 1, 1] as const;

function composed(inputs: readonly Tensor[]): readonly Tensor[] {
  const [saved, outside, dHidden, dCell] = inputs as readonly [Tensor, Tensor, Tensor, Tensor];
  const [i, f, g, o, before, y] = split(saved, 6, -1) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const [outsideHidden, outsideCell] = split(outside, 2, -1) as [Tensor, Tensor];
  const dh = add(outsideHidden, dHidden);
  const dc = add(add(outsideCell, dCell), mul(mul(dh, o), sub(1, square(y))));
  const throughSigmoid = (d: Tensor, gate: Tensor) => mul(d, mul(gate, sub(1, gate)));
  const dPre = concat(
    [throughSigmoid(mul(dc, g), i), throughSigmoid(mul(dc, before), f), mul(mul(dc, i), sub(1, square(g))), throughSigmoid(mul(dh, y), o)],
    -1,
  );
  return [dPre, mul(dc, f)];
}

export const lstmCellBackwardOp: Op<None> = {
  name: "lstmCellBackward",
  tolerance: "transcendental",
  infer(inputs) {
    const spec = cellSpecs("lstmCellBackward", inputs, MULTIPLES);
    return [spec(4), spec(1)];
  },
  gradient: ({ inputs, dys }) => gradientThrough(composed, inputs, dys),
  reference(inputs, _, specs) {
    type Array = NonNullable<(typeof inputs)[number]>;
    const [saved, outside, dHidden, dCell] = inputs as readonly [Array, Array, Array, Array];
    const [dPre, dBefore] = specs.map((spec) => ndZeros(spec.shape, spec.dtype)) as [Array, Array];
    const { rows, units } = cellSize(saved.shape, 6);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < units; k++) {
        const kept = (n: number) => saved.data[(6 * row + n) * units + k] as number;
        const [i, f, g, o, before, y] = [kept(0), kept(1), kept(2), kept(3), kept(4), kept(5)];
        const dh = (outside.data[2 * row * units + k] as number) + (dHidden.data[row * units + k] as number);
        const dcBeside = (outside.data[(2 * row + 1) * units + k] as number) + (dCell.data[row * units + k] as number);
        const dc = dcBeside + dh * o * (1 - y * y);
        const slopes = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * y * o * (1 - o)];
        slopes.forEach((slope, n) => {
          dPre.data[(4 * row + n) * units + k] = slope;
        });
        dBefore.data[row * units + k] = dc * f;
      }
    }
    return [dPre, dBefore];
  },
  flops: ([saved]) => 4 * sizeOf((saved as Spec).shape),
  cases: () => cellCases(MULTIPLES, [[0.05, 0.95]]),
  lowering: { kind: "launch", launch: (context, node) => launchCell(context, node, "lstm_cell_backward", 6) },
  bounded: true,
  batch: (inputs, batched) => applyAll(lstmCellBackwardOp, batchAll(inputs, batched), {}),
};

/**
 * Cotangents of `lstmCell`'s pre-activations (…, 4H) and of the cell before it (…, H). That of h before it is the former's product with the weights.
 * @param saved as `lstmCell` returned it
 * @param outside cotangent of the state after the step from what reads it beside the next step, (…, 2H: h | c)
 * @param dHidden cotangent of its h from the next step, (…, H)
 * @param dCell cotangent of its c from the next step, (…, H)
 */
export function lstmCellBackward(saved: Tensor, outside: Tensor, dHidden: Tensor, dCell: Tensor): [Tensor, Tensor] {
  const [dPre, dBefore] = applyAll(lstmCellBackwardOp, [saved, outside, dHidden, dCell], {});
  return [dPre as Tensor, dBefore as Tensor];
}
