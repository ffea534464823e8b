/** Fourier transforms over two axes: one after the other. */

import type { Tensor } from "../tensor.js";
import { fft, ifft } from "./fft.js";
import type { FourierNorm } from "./fourier.js";

export interface Fourier2Options {
  /** Counted without the last axis, (re, im); the last two unless told. */
  readonly axes?: readonly [number, number];
  readonly norm?: FourierNorm;
}

/** `fft` along both axes of complex numbers (…, m, n, 2): numpy.fft.fft2. */
export function fft2(x: Tensor, { axes = [-2, -1], norm = "backward" }: Fourier2Options = {}): Tensor {
  return fft(fft(x, { axis: axes[1], norm }), { axis: axes[0], norm });
}

/** The inverse of `fft2` with the same `norm`. */
export function ifft2(y: Tensor, { axes = [-2, -1], norm = "backward" }: Fourier2Options = {}): Tensor {
  return ifft(ifft(y, { axis: axes[1], norm }), { axis: axes[0], norm });
}
