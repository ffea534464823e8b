/** Single ops at the sizes of small language models, as a GPU is given them. */
import { normal } from "./random.js";

export type Named = Readonly<Record<string, Float32Array>>;

export interface GpuOpProblem {
  readonly op: "softmax" | "gelu" | "layerNorm" | "attention";
  /** Of the first operand; attention's is (rows, tokens, heads, dim), alike for queries, keys and values. */
  readonly shape: readonly number[];
  readonly operands: Named;
  readonly eps: number;
  readonly flops: number;
  readonly bytes: number;
}

const filled = (length: number, seed: number) => normal(new Float32Array(length), seed);

/** 2048 tokens of 512 numbers: 4 MiB an operand. */
const TOKENS = [2048, 512] as const;
/** 4 texts of 256 tokens, 8 heads of 64 numbers. */
const HEADS = [4, 256, 8, 64] as const;

export function gpuOpProblems(): GpuOpProblem[] {
  const [tokens, width] = TOKENS;
  const elements = tokens * width;
  const x = filled(elements, 60);
  const streaming = { shape: TOKENS, eps: 1e-5, bytes: 8 * elements };
  const [rows, length, heads, dim] = HEADS;
  const size = rows * length * heads * dim;
  return [
    { ...streaming, op: "softmax", operands: { x }, flops: 5 * elements },
    { ...streaming, op: "layerNorm", operands: { x, weight: filled(width, 61), bias: filled(width, 62) }, flops: 8 * elements },
    { ...streaming, op: "gelu", operands: { x }, flops: 20 * elements },
    {
      op: "attention",
      shape: HEADS,
      eps: 0,
      operands: { q: filled(size, 63), k: filled(size, 64), v: filled(size, 65) },
      flops: 4 * rows * heads * length * length * dim,
      bytes: 16 * size,
    },
  ];
}
