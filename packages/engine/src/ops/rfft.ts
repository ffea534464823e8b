/** Discrete Fourier transform of real numbers: the half of the result that the other follows from. */

import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { div } from "./div.js";
import {
  alongAxis,
  FOURIER_LENGTHS,
  type FourierOptions,
  fourierFlops,
  launchFourier,
  normFactor,
  realLength,
  realTable,
  realTableSize,
  requireSignal,
  requireTable,
  resized,
  SHORT,
  slowTransform,
  tableCase,
  tableOf,
} from "./fourier.js";
import { specOf } from "./identity.js";
import { irfftOp, multiplicity } from "./irfft.js";

type Attrs = { readonly scale: number };

/** Inputs: numbers (…, n), and the table for n. */
export const rfftOp: Op<Attrs> = {
  name: "rfft",
  tolerance: "reduction",
  infer([input, table]) {
    const x = input as Spec;
    requireSignal("rfft", x, false);
    const n = x.shape.at(-1) as number;
    requireTable("rfft", table as Spec, realTableSize(n), x.dtype);
    return [{ ...specOf(x), shape: [...x.shape.slice(0, -1), Math.floor(n / 2) + 1, 2] }];
  },
  // dx[j] = Re Σ_k dy[k] e^(2πi j k / n) over the half: the inverse transform, which counts most numbers twice.
  gradient({ inputs: [input, table], dy, attrs: { scale } }) {
    const n = (input as Tensor).shape.at(-1) as number;
    return [apply(irfftOp, [div(dy, multiplicity(n, dy)), table as Tensor], { n, scale }), undefined];
  },
  reference([input], { scale }, [output]) {
    const x = input as NdArray;
    const y = ndZeros((output as Spec).shape, x.dtype);
    const n = x.shape.at(-1) as number;
    const half = Math.floor(n / 2) + 1;
    for (let row = 0; row * n < x.data.length; row++) {
      const z = new Float64Array(2 * n);
      for (let j = 0; j < n; j++) z[2 * j] = x.data[row * n + j] as number;
      y.data.set(slowTransform(z, half, false, scale), row * 2 * half);
    }
    return [y];
  },
  flops([x]) {
    const { shape } = x as Spec;
    return fourierFlops(sizeOf(shape.slice(0, -1)), shape.at(-1) as number, true);
  },
  cases: () => [
    ...FOURIER_LENGTHS.map((n) => ({
      name: `length ${n}`,
      inputs: [{ shape: n > 300 ? [n] : [3, n], frozen: n > SHORT }, tableCase(realTable(n))],
      attrs: { scale: n % 3 === 0 ? 1 / n : 1 },
    })),
    { name: "two axes of rows", inputs: [{ shape: [2, 3, 10] }, tableCase(realTable(10))], attrs: { scale: 0.1 } },
    { name: "no rows", inputs: [{ shape: [0, 8] }, tableCase(realTable(8))], attrs: { scale: 1 } },
    { name: "transposed", inputs: [{ shape: [9, 12], transposed: true }, tableCase(realTable(12))], attrs: { scale: 1 } },
  ],
  lowering: {
    kind: "launch",
    launch(context, node, { scale }) {
      const n = (node.inputs[0] as Tensor).shape.at(-1) as number;
      launchFourier(context, node, "rfft", { n, transformed: realLength(n), scale, inverse: false });
    },
  },
  bounded: true,
  batch: ([x, table], _, attrs) => [apply(rfftOp, [x as Tensor, table as Tensor], attrs)],
};

/**
 * The numbers k = 0 … ⌊n/2⌋ of `fft` of real x along `axis`, with a last axis (re, im): (…, n) gives (…, ⌊n/2⌋ + 1, 2); numpy.fft.rfft.
 * Options as of `fft`. Costs half of it.
 */
export function rfft(x: Tensor, { axis = -1, n, norm = "backward" }: FourierOptions = {}): Tensor {
  return alongAxis("rfft", x, axis, false, (rows) => {
    const signal = n === undefined ? rows : resized("rfft", rows, -1, n);
    requireSignal("rfft", signal, false);
    const length = signal.shape.at(-1) as number;
    return apply(rfftOp, [signal, tableOf(signal, "real", length)], { scale: normFactor(norm, length, false) });
  });
}
