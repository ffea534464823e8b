/** Random zeros that keep the expected value; the mask is drawn again in the backward pass instead of being stored. */

import { type FloatDType, requireFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import { HOSTILE_EXTENTS, type Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { specOf } from "./identity.js";
import { DEFAULT_KEY, draw, nextStream } from "./randomStream.js";

type Attrs = { readonly rate: number; readonly stream: number };

export const dropoutOp: Op<Attrs> = {
  name: "dropout",
  tolerance: "elementwise",
  infer([input]) {
    const x = input as Spec;
    requireFloat("dropout", x.dtype);
    return [specOf(x)];
  },
  gradient: ({ dy, attrs }) => [apply(dropoutOp, [dy], attrs)],
  reference([input], { rate, stream }, _, key = DEFAULT_KEY) {
    const x = input as NdArray;
    const y = ndZeros(x.shape, x.dtype);
    const bound = x.dtype === "f32" ? Math.fround(rate) : rate;
    draw("uniform", x.dtype as FloatDType, x.data.length, stream, key).forEach((u, i) => {
      if (u >= bound) y.data[i] = (x.data[i] as number) / (1 - rate);
    });
    return [y];
  },
  flops: ([x]) => 15 * sizeOf((x as Spec).shape),
  cases: () => [
    ...HOSTILE_EXTENTS.map((n) => ({ name: `n${n}`, inputs: [{ shape: [n] }], attrs: { rate: 0.4, stream: 0 } })),
    { name: "transposed", inputs: [{ shape: [9, 17], transposed: true }], attrs: { rate: 0.1, stream: 3 } },
    { name: "past a strip", inputs: [{ shape: [5, 257] }], attrs: { rate: 0.9, stream: 1 } },
    { name: "nothing dropped", inputs: [{ shape: [33] }], attrs: { rate: 0, stream: 2 } },
  ],
  // 1 − rate by itself for kernels that have immediates in f32 only.
  lowering: { kind: "elementwise", strip: () => "dropout", immediates: ({ rate, stream }) => ["randomState", stream, rate, 1 - rate] },
  bounded: true,
  batch: ([x], _, attrs) => [apply(dropoutOp, [x as Tensor], attrs)],
};

/**
 * Sets each element to 0 with probability `rate` and divides the others by 1 − rate. The mask depends on the program's seed, its step, `stream`
 * and the element's index only; uses of one program get streams of their own unless told. Throws ARGUMENT for a rate outside 0 ≤ rate < 1.
 * Source: Srivastava et al. 2014.
 */
export function dropout(x: Tensor, { rate, stream }: { rate: number; stream?: number }): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new TetradError("ARGUMENT", { op: "dropout", what: "the rate must lie in 0 ≤ rate < 1", got: `${rate}` });
  return rate === 0 ? x : apply(dropoutOp, [x], { rate, stream: stream ?? nextStream(x.graph) });
}
