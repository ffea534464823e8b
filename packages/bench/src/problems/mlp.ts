/** Small networks at regression: parameters as PyTorch starts them, and normal data. */
import { normal, uniform } from "./random.js";

export interface MlpNetwork {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly activation: "relu" | "tanh";
  readonly rows: number;
  /** Adam steps of which all contenders must agree on the losses before they are timed. */
  readonly agreed: number;
}

/** The second is there because no rule may know the first, the third because its time goes into arithmetic, not dispatch. */
export const SMALL: MlpNetwork = { name: "4-64-32-1 relu, batch 32", sizes: [4, 64, 32, 1], activation: "relu", rows: 32, agreed: 8 };
export const ODD: MlpNetwork = { name: "5-48-24-2 tanh, batch 17", sizes: [5, 48, 24, 2], activation: "tanh", rows: 17, agreed: 8 };
export const LARGE: MlpNetwork = {
  name: "784-512-256-10 relu, batch 128",
  sizes: [784, 512, 256, 10],
  activation: "relu",
  rows: 128,
  agreed: 3,
};

export interface MlpProblem {
  readonly sizes: readonly number[];
  readonly activation: "relu" | "tanh";
  readonly rows: number;
  /** `layers.0.weight` (out, in), `layers.0.bias`, … */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly batches: readonly { readonly x: Float32Array; readonly y: Float32Array }[];
  readonly lr: number;
  readonly agreed: number;
}

const BATCHES = 16;

export function mlpProblem({ sizes, activation, rows, agreed }: Omit<MlpNetwork, "name">): MlpProblem {
  const weights: Record<string, Float32Array> = {};
  const next = uniform(3);
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [fanIn, fanOut] = [sizes[i] as number, sizes[i + 1] as number];
    const bound = 1 / Math.sqrt(fanIn);
    const fill = (length: number) => Float32Array.from({ length }, () => bound * (2 * next() - 1));
    weights[`layers.${i}.weight`] = fill(fanIn * fanOut);
    weights[`layers.${i}.bias`] = fill(fanOut);
  }
  const batches = Array.from({ length: BATCHES }, (_, i) => ({
    x: normal(new Float32Array(rows * (sizes[0] as number)), 100 + i),
    y: normal(new Float32Array(rows * (sizes.at(-1) as number)), 200 + i),
  }));
  return { sizes, activation, rows, weights, batches, lr: 1e-3, agreed };
}

/** Multiply-adds of forward and backward as two operations each: three products a layer, but no gradient of the input. */
export function mlpFlops({ sizes, rows }: Pick<MlpNetwork, "sizes" | "rows">): number {
  return sizes.slice(1).reduce((sum, fanOut, i) => sum + 2 * rows * fanOut * (sizes[i] as number) * (i === 0 ? 2 : 3), 0);
}
