/** Adadelta (Zeiler 2012, arXiv 1212.5701), in PyTorch's form. */

import { checkBetas, decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface AdadeltaOptions extends OptimizerOptions {
  readonly rho?: number;
  readonly eps?: number;
}

/** Steps in proportion to the size of past steps; the rate is a factor on them, 1 unless told. Decay joins the gradient. */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0, decays = decaysAlways } = options;
  checkBetas("adadelta", { rho });
  return makeOptimizer(
    "adadelta",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "adadelta",
      moments: [0, 0],
      pointers: [0, 1],
      scalars: (decay) => [{ f64: rho }, { f64: eps }, { f64: decay }],
      reference({ params, gradients, moments, lr: rate, weightDecay: decay }) {
        const [squares, updates] = moments as [Float64Array, Float64Array];
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + decay * x;
          squares[i] = rho * (squares[i] as number) + (1 - rho) * g * g;
          const delta = (Math.sqrt((updates[i] as number) + eps) / Math.sqrt((squares[i] as number) + eps)) * g;
          updates[i] = rho * (updates[i] as number) + (1 - rho) * delta * delta;
          params[i] = x - rate * delta;
        }
      },
    },
  );
}
