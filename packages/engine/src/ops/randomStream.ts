/** Streams tell the random ops of one graph apart; numbering them by order of tracing makes a program's numbers a function of its text and seed. */

import type { FloatDType } from "../dtype.js";
import { fillNormal, fillUniform } from "../random.js";
import type { Graph } from "../tensor.js";

/** What the reference interpreter draws under unless it is told. */
export interface RandomKey {
  readonly seed: number;
  readonly step: number;
}

export const DEFAULT_KEY: RandomKey = { seed: 0, step: 0 };

/** The first stream that no node of the graph uses; a gradient that repeats its op's mask repeats its stream. */
export function nextStream(graph: Graph): number {
  return graph.nodes.reduce((next, { attrs }) => (typeof attrs["stream"] === "number" ? Math.max(next, attrs["stream"] + 1) : next), 0);
}

/** The numbers that kernels of this type draw, as f64. */
export function draw(kind: "uniform" | "normal", dtype: FloatDType, size: number, stream: number, key: RandomKey): Float64Array {
  const numbers = dtype === "f32" ? new Float32Array(size) : new Float64Array(size);
  (kind === "uniform" ? fillUniform : fillNormal)(numbers, { ...key, stream });
  return Float64Array.from(numbers);
}
