/** A convolutional network at 28 × 28 pictures: conv 32 – pool – conv 64 – pool – 128 – 10, as people train it on Fashion-MNIST. */
import { integers, normal, uniform } from "./random.js";

export interface CnnProblem {
  readonly rows: number;
  readonly side: number;
  readonly classes: number;
  /** conv1, conv2 (out, in, 3, 3), fc1 (128, 64 · 7 · 7), fc2 (10, 128), each with `.weight` and `.bias`. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** x (rows, 1, 28, 28), y (rows) class numbers. */
  readonly batches: readonly { readonly x: Float32Array; readonly y: Int32Array }[];
  readonly lr: number;
  readonly agreed: number;
}

const SHAPES = {
  "conv1.weight": [32, 1, 3, 3],
  "conv1.bias": [32],
  "conv2.weight": [64, 32, 3, 3],
  "conv2.bias": [64],
  "fc1.weight": [128, 64 * 7 * 7],
  "fc1.bias": [128],
  "fc2.weight": [10, 128],
  "fc2.bias": [10],
} as const;

export function cnnProblem(rows = 64): CnnProblem {
  const next = uniform(5);
  const weights: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const matrix: readonly number[] = SHAPES[name.replace(".bias", ".weight") as keyof typeof SHAPES];
    const bound = 1 / Math.sqrt(size(matrix.slice(1)));
    weights[name] = Float32Array.from({ length: size(shape) }, () => bound * (2 * next() - 1));
  }
  const batches = Array.from({ length: 4 }, (_, i) => ({
    x: normal(new Float32Array(rows * 28 * 28), 300 + i),
    y: integers(rows, 10, 400 + i),
  }));
  return { rows, side: 28, classes: 10, weights, shapes: SHAPES, batches, lr: 1e-3, agreed: 4 };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Forward and backward; the first convolution needs no gradient of its input. */
export function cnnFlops(rows: number): number {
  const conv1 = 28 * 28 * 32 * 9;
  const conv2 = 14 * 14 * 64 * 32 * 9;
  const dense = 128 * 64 * 7 * 7 + 10 * 128;
  return 2 * rows * (2 * conv1 + 3 * conv2 + 3 * dense);
}
