/** Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", arXiv 2302.06675), as the PyPI package lion-pytorch has it. */

import { checkBetas, decaysByDefault, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface LionOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
}

/**
 * Every weight moves by the rate, in the direction of the sign of its momentum: rates are 3 to 10 times smaller than Adam's and decays as
 * much larger. Decay is decoupled (0 unless told), on parameters of two or more axes.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { lr = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0, decays = decaysByDefault } = options;
  checkBetas("lion", { beta1, beta2 });
  return makeOptimizer(
    "lion",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "lion",
      moments: [0],
      pointers: [0],
      scalars: (decay) => [{ f64: beta1 }, { f64: beta2 }, { f64: decay }],
      reference({ params, gradients, moments, lr: rate, weightDecay: decay }) {
        const m = moments[0] as Float64Array;
        for (let i = 0; i < params.length; i++) {
          const g = gradients[i] as number;
          const direction = Math.sign(beta1 * (m[i] as number) + (1 - beta1) * g);
          params[i] = (params[i] as number) * (1 - rate * decay) - rate * direction;
          m[i] = beta2 * (m[i] as number) + (1 - beta2) * g;
        }
      },
    },
  );
}
