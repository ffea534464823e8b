/** Gradient of `gruCell`, fused, from what it saved. */

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

const MULTIPLES = [5, 1, 1] as const;

function composed(inputs: readonly Tensor[]): readonly Tensor[] {
  const [saved, outside, later] = inputs as readonly [Tensor, Tensor, Tensor];
  const [r, z, n, hn, before] = split(saved, 5, -1) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const d = add(outside, later);
  const dn = mul(mul(d, sub(1, z)), sub(1, square(n)));
  const dz = mul(mul(d, sub(before, n)), mul(z, sub(1, z)));
  const dr = mul(mul(dn, hn), mul(r, sub(1, r)));
  return [concat([dr, dz, dn], -1), concat([dr, dz, mul(dn, r)], -1), mul(d, z)];
}

export const gruCellBackwardOp: Op<None> = {
  name: "gruCellBackward",
  tolerance: "transcendental",
  infer(inputs) {
    const spec = cellSpecs("gruCellBackward", inputs, MULTIPLES);
    return [spec(3), spec(3), spec(1)];
  },
  gradient: ({ inputs, dys }) => gradientThrough(composed, inputs, dys),
  reference(inputs, _, specs) {
    type Array = NonNullable<(typeof inputs)[number]>;
    const [saved, outside, later] = inputs as readonly [Array, Array, Array];
    const [dInput, dHidden, dBefore] = specs.map((spec) => ndZeros(spec.shape, spec.dtype)) as [Array, Array, Array];
    const { rows, units } = cellSize(saved.shape, 5);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < units; k++) {
        const at = row * units + k;
        const kept = (i: number) => saved.data[(5 * row + i) * units + k] as number;
        const [r, z, n, hn, before] = [kept(0), kept(1), kept(2), kept(3), kept(4)];
        const d = (outside.data[at] as number) + (later.data[at] as number);
        const dn = d * (1 - z) * (1 - n * n);
        const dz = d * (before - n) * z * (1 - z);
        const dr = dn * hn * r * (1 - r);
        [dr, dz, dn].forEach((slope, i) => {
          dInput.data[(3 * row + i) * units + k] = slope;
          dHidden.data[(3 * row + i) * units + k] = i === 2 ? slope * r : slope;
        });
        dBefore.data[at] = d * z;
      }
    }
    return [dInput, dHidden, dBefore];
  },
  flops: ([saved]) => 5 * sizeOf((saved as Spec).shape),
  cases: () => cellCases(MULTIPLES, [[0.05, 0.95]]),
  lowering: { kind: "launch", launch: (context, node) => launchCell(context, node, "gru_cell_backward", 5) },
  bounded: true,
  batch: (inputs, batched) => applyAll(gruCellBackwardOp, batchAll(inputs, batched), {}),
};

/**
 * Cotangents of `gruCell`'s input share and state share (…, 3H each), and of the state itself (…, H), without what reaches it through its share.
 * @param saved as `gruCell` returned it
 * @param outside cotangent of the state after it from what reads it beside the next step, (…, H)
 * @param later cotangent of the state after it from the next step, (…, H)
 */
export function gruCellBackward(saved: Tensor, outside: Tensor, later: Tensor): [Tensor, Tensor, Tensor] {
  const [dInput, dHidden, dBefore] = applyAll(gruCellBackwardOp, [saved, outside, later], {});
  return [dInput as Tensor, dHidden as Tensor, dBefore as Tensor];
}
