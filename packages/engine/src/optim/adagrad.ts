/** Adagrad (Duchi, Hazan and Singer 2011), in PyTorch's form. */

import { decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface AdagradOptions extends OptimizerOptions {
  /** The rate of step t is lr / (1 + t · lrDecay), t from 0. */
  readonly lrDecay?: number;
  readonly initialAccumulator?: number;
  readonly eps?: number;
}

export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { lr = 0.01, lrDecay = 0, initialAccumulator = 0, eps = 1e-10, weightDecay = 0, decays = decaysAlways } = options;
  return makeOptimizer(
    "adagrad",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "adagrad",
      moments: [initialAccumulator],
      pointers: [0],
      scalars: (decay) => [{ f64: lrDecay }, { f64: eps }, { f64: decay }],
      reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
        const squares = moments[0] as Float64Array;
        const now = rate / (1 + step * lrDecay);
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + decay * x;
          squares[i] = (squares[i] as number) + g * g;
          params[i] = x - (now * g) / (Math.sqrt(squares[i] as number) + eps);
        }
      },
    },
  );
}
