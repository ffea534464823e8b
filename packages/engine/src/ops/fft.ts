/** Discrete Fourier transforms of complex numbers, which are pairs along a last axis (re, im). */

import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import {
  alongAxis,
  complexTable,
  complexTableSize,
  FOURIER_LENGTHS,
  type FourierOptions,
  fourierFlops,
  launchFourier,
  normFactor,
  requireSignal,
  requireTable,
  resized,
  SHORT,
  slowTransform,
  tableCase,
  tableOf,
} from "./fourier.js";
import { specOf } from "./identity.js";

/** `inverse`: the exponent's sign is positive. `scale`: factor on the sum. */
type Attrs = { readonly inverse: boolean; readonly scale: number };

/** Inputs: numbers (…, n, 2), and the table of roots for n. */
export const fftOp: Op<Attrs> = {
  name: "fft",
  tolerance: "reduction",
  infer([input, table]) {
    const x = input as Spec;
    requireSignal("fft", x, true);
    requireTable("fft", table as Spec, complexTableSize(x.shape.at(-2) as number), x.dtype);
    return [specOf(x)];
  },
  // The matrix is symmetric: its adjoint is its conjugate.
  gradient: ({ inputs: [, table], dy, attrs: { inverse, scale } }) => [
    apply(fftOp, [dy, table as Tensor], { inverse: !inverse, scale }),
    undefined,
  ],
  reference([input], { inverse, scale }) {
    const x = input as NdArray;
    const y = ndZeros(x.shape, x.dtype);
    const size = 2 * (x.shape.at(-2) as number);
    for (let at = 0; at < x.data.length; at += size)
      y.data.set(slowTransform(x.data.subarray(at, at + size), size / 2, inverse, scale), at);
    return [y];
  },
  flops([x]) {
    const { shape } = x as Spec;
    return fourierFlops(sizeOf(shape.slice(0, -2)), shape.at(-2) as number, false);
  },
  cases: () => [
    ...FOURIER_LENGTHS.map((n) => ({
      name: `length ${n}`,
      inputs: [{ shape: n > 300 ? [n, 2] : [3, n, 2], frozen: n > SHORT }, tableCase(complexTable(n))],
      attrs: { inverse: n % 2 === 1, scale: n % 3 === 0 ? 1 / n : 1 },
    })),
    { name: "two axes of rows", inputs: [{ shape: [2, 3, 8, 2] }, tableCase(complexTable(8))], attrs: { inverse: true, scale: 0.125 } },
    { name: "no rows", inputs: [{ shape: [0, 8, 2] }, tableCase(complexTable(8))], attrs: { inverse: false, scale: 1 } },
    { name: "shared among threads", inputs: [{ shape: [9, 12, 2] }, tableCase(complexTable(12))], attrs: { inverse: false, scale: 1 } },
  ],
  lowering: {
    kind: "launch",
    launch(context, node, { inverse, scale }) {
      const n = (node.inputs[0] as Tensor).shape.at(-2) as number;
      launchFourier(context, node, "fft", { n, transformed: n, scale, inverse });
    },
  },
  bounded: true,
  batch: ([x, table], _, attrs) => [apply(fftOp, [x as Tensor, table as Tensor], attrs)],
};

function transformed(name: string, x: Tensor, inverse: boolean, { axis = -1, n, norm = "backward" }: FourierOptions): Tensor {
  return alongAxis(name, x, axis, true, (rows) => {
    const signal = n === undefined ? rows : resized(name, rows, -2, n);
    requireSignal(name, signal, true);
    const length = signal.shape.at(-2) as number;
    return apply(fftOp, [signal, tableOf(signal, "complex", length)], { inverse, scale: normFactor(norm, length, inverse) });
  });
}

/**
 * y[k] = Σ_j x[j] e^(−2πi j k / n) along `axis`, for any n: numpy.fft.fft. Numbers are pairs: x and y are (…, n, 2), and `axis` counts without the last.
 * `norm` "backward" leaves the sum as it is, "ortho" divides it by √n, "forward" by n. Differentiable any number of times. Throws SHAPE unless the last
 * extent is 2 and n > 0, UNSUPPORTED along a bounded axis.
 */
export function fft(x: Tensor, options: FourierOptions = {}): Tensor {
  return transformed("fft", x, false, options);
}

/** x[j] = (1/n) Σ_k y[k] e^(2πi j k / n) along `axis`, the inverse of `fft` with the same `norm`. */
export function ifft(y: Tensor, options: FourierOptions = {}): Tensor {
  return transformed("ifft", y, true, options);
}
