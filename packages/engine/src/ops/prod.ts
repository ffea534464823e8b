/** Product over axes. */

import { ndReduce } from "../nd.js";
import { normalizeAxes, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { asNumbers } from "./cast.js";
import { concat } from "./concat.js";
import { mul } from "./mul.js";
import { pad } from "./pad.js";
import { type ReduceAttrs, reduction } from "./reduction.js";
import { reshape } from "./reshape.js";
import { slice } from "./slice.js";
import { transpose } from "./transpose.js";

export const prodOp = reduction({
  name: "prod",
  kernel: "reduce_prod",
  range: [0.5, 1.5],
  integers: true,
  reference: (x, { axes, keepDims }) => {
    const multiply = x.dtype === "i32" ? Math.imul : (a: number, b: number) => a * b;
    return ndReduce(x, axes, keepDims, (values) => values.reduce((total, v) => multiply(total, v), 1));
  },
  gradient: ({ inputs: [x], dy, attrs: { axes } }) => [productGradient(x as Tensor, dy, axes)],
});

/**
 * dy times the product of all other elements, by a binary tree of halves: no division, so zeros are no special case in any
 * order of derivative, for 4 log₂ n launches.
 */
function productGradient(x: Tensor, dy: Tensor, axes: readonly number[]): Tensor | undefined {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const lead = kept.map((axis) => x.shape[axis] as number);
  const n = sizeOf(axes.map((axis) => x.shape[axis] as number));
  if (n === 0) return undefined;
  const order = [...kept, ...axes];
  const ordered = transpose(x, order);
  const rows = reshape(ordered, [...lead, n]);
  const width = 2 ** Math.ceil(Math.log2(n));
  let level = pad(rows, [...lead.map(() => [0, 0] as const), [0, width - n]], 1);
  const halves: [Tensor, Tensor][] = [];
  for (let half = width / 2; half >= 1; half /= 2) {
    const start = lead.map(() => 0);
    const pair: [Tensor, Tensor] = [slice(level, start, [...lead, half]), slice(level, [...start, half])];
    halves.push(pair);
    level = mul(...pair);
  }
  let dx = reshape(dy, [...lead, 1]);
  for (const [first, second] of halves.reverse()) dx = concat([mul(dx, second), mul(dx, first)], -1);
  const cut = slice(
    dx,
    lead.map(() => 0),
    [...lead, n],
  );
  const back = order.map((_, i) => order.indexOf(i));
  return transpose(reshape(cut, ordered.shape), back);
}

/** Product over `axes` (all when omitted); 1 over no elements. Integers stay i32 and wrap around beyond it. */
export function prod(x: Tensor, axes?: number | readonly number[], { keepDims = false }: Partial<ReduceAttrs> = {}): Tensor {
  const list = normalizeAxes(axes, x.rank);
  return list.length === 0 ? x : apply(prodOp, [asNumbers(x)], { axes: list, keepDims });
}
