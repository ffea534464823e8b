/** What language models of the `bert` and `gpt` suites have in common: named weights of known shapes, filled from one stream of random numbers. */
import { normal } from "./random.js";

export type Shapes = Readonly<Record<string, readonly number[]>>;

export interface TransformerConfig {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly positions: number;
}

export interface TransformerProblem {
  readonly config: TransformerConfig;
  /** Sequences in a batch, and tokens in each; every token is real, nothing is padded. */
  readonly rows: number;
  readonly tokens: number;
  readonly shapes: Shapes;
  readonly weights: Readonly<Record<string, Float32Array>>;
}

/** AdamW as both suites use it; matrices and embeddings decay, vectors do not. */
export interface AdamW {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
}

export const ADAMW: AdamW = { lr: 1e-4, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 };

/** Normal with 0.02 as BERT and GPT-2 start; norms' gains around 1; biases are not left zero, so that a forgotten one is found. */
export function fillWeights(shapes: Shapes): Record<string, Float32Array> {
  const weights: Record<string, Float32Array> = {};
  Object.entries(shapes).forEach(([name, shape], i) => {
    const values = normal(new Float32Array(shape.reduce((product, extent) => product * extent, 1)), 1000 + i, 0.02);
    const gain = shape.length === 1 && /(LayerNorm|ln_\w+)\.weight$/.test(name);
    weights[name] = gain ? values.map((value) => 1 + value) : values;
  });
  return weights;
}

/**
 * Operations of one forward pass: products of the layers (4 projections of width², 2 of the intermediate width) and of attention (scores and
 * mixing, T² each). A training step makes three times as many.
 */
export function forwardFlops({ config: { layers, width, intermediate }, rows, tokens }: TransformerProblem): number {
  const perToken = 2 * (4 * width * width + 2 * width * intermediate) + 4 * tokens * width;
  return layers * rows * tokens * perToken;
}
