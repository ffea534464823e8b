/** Real numbers from the half of their discrete Fourier transform. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply, constant } from "../trace.js";
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
import { mul } from "./mul.js";
import { rfftOp } from "./rfft.js";

type Attrs = { readonly n: number; readonly scale: number };

/** How often each number of the half stands in the whole, (⌊n/2⌋ + 1, 1): once the first and, n even, the last, twice the others with their conjugates. */
export function multiplicity(n: number, like: Tensor): Tensor {
  const half = Math.floor(n / 2) + 1;
  const counts = Float64Array.from({ length: half }, (_, k) => (k === 0 || 2 * k === n ? 1 : 2));
  return constant(counts, [half, 1], like.dtype);
}

/** Inputs: numbers (…, ⌊n/2⌋ + 1, 2), and the table for n. The sum runs over all n numbers of the whole. */
export const irfftOp: Op<Attrs> = {
  name: "irfft",
  tolerance: "reduction",
  infer([input, table], { n }) {
    const y = input as Spec;
    requireSignal("irfft", y, true);
    if (!Number.isInteger(n) || n < 1 || y.shape.at(-2) !== Math.floor(n / 2) + 1)
      throw new TetradError("SHAPE", {
        op: "irfft",
        what: `not the half of ${n} numbers`,
        got: formatShape(y.shape),
        expected: `(…, ${Math.floor(n / 2) + 1}, 2)`,
      });
    requireTable("irfft", table as Spec, realTableSize(n), y.dtype);
    return [{ ...specOf(y), shape: [...y.shape.slice(0, -2), n] }];
  },
  gradient: ({ inputs: [, table], dy, attrs: { n, scale } }) => [
    mul(apply(rfftOp, [dy, table as Tensor], { scale }), multiplicity(n, dy)),
    undefined,
  ],
  reference([input], { n, scale }, [output]) {
    const y = input as NdArray;
    const x = ndZeros((output as Spec).shape, y.dtype);
    const half = Math.floor(n / 2) + 1;
    for (let row = 0; row * n < x.data.length; row++) {
      const z = new Float64Array(2 * n);
      for (let k = 0; k < half; k++) {
        const [re, im] = [y.data[2 * (row * half + k)] as number, y.data[2 * (row * half + k) + 1] as number];
        const alone = k === 0 || 2 * k === n;
        z.set([re, alone ? 0 : im], 2 * k);
        if (!alone) z.set([re, -im], 2 * (n - k));
      }
      const whole = slowTransform(z, n, true, scale);
      for (let j = 0; j < n; j++) x.data[row * n + j] = whole[2 * j] as number;
    }
    return [x];
  },
  flops: (_, [x], { n }) => fourierFlops(sizeOf((x as Spec).shape.slice(0, -1)), n, true),
  cases: () => [
    ...FOURIER_LENGTHS.map((n) => ({
      name: `length ${n}`,
      inputs: [{ shape: [...(n > 300 ? [] : [3]), Math.floor(n / 2) + 1, 2], frozen: n > SHORT }, tableCase(realTable(n))],
      attrs: { n, scale: n % 3 === 0 ? 1 / n : 1 },
    })),
    { name: "two axes of rows", inputs: [{ shape: [2, 3, 6, 2] }, tableCase(realTable(10))], attrs: { n: 10, scale: 0.1 } },
    { name: "no rows", inputs: [{ shape: [0, 5, 2] }, tableCase(realTable(8))], attrs: { n: 8, scale: 1 } },
  ],
  lowering: {
    kind: "launch",
    launch(context, node, { n, scale }) {
      launchFourier(context, node, "irfft", { n, transformed: realLength(n), scale, inverse: true });
    },
  },
  bounded: true,
  batch: ([y, table], _, attrs) => [apply(irfftOp, [y as Tensor, table as Tensor], attrs)],
};

/**
 * The n real numbers along `axis` whose `rfft` is y (…, ⌊n/2⌋ + 1, 2): numpy.fft.irfft. `axis` counts without the last, (re, im).
 * The imaginary part of y[0], and of y[n/2] for even n, has no meaning and is not read. `norm` as of `rfft`, whose inverse this is.
 * @param n length of the result, 2 (extent − 1) unless told; y is cut or filled with zeros to fit
 */
export function irfft(y: Tensor, { axis = -1, n, norm = "backward" }: FourierOptions = {}): Tensor {
  return alongAxis("irfft", y, axis, true, (rows) => {
    requireSignal("irfft", rows, true);
    const length = n ?? 2 * ((rows.shape.at(-2) as number) - 1);
    if (!Number.isInteger(length) || length < 1)
      throw new TetradError("ARGUMENT", { op: "irfft", what: "the length must be a positive whole number", got: `${length}` });
    const half = resized("irfft", rows, -2, Math.floor(length / 2) + 1);
    return apply(irfftOp, [half, tableOf(half, "real", length)], { n: length, scale: normFactor(norm, length, true) });
  });
}
