/** Adamax (Kingma and Ba 2015, arXiv 1412.6980, section 7.1), in PyTorch's form. */

import { checkBetas, decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface AdamaxOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
}

/** Adam by the largest gradient so far, decayed, in place of the root mean square. Weight decay joins the gradient. */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const { lr = 2e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0, decays = decaysAlways } = options;
  checkBetas("adamax", { beta1, beta2 });
  return makeOptimizer(
    "adamax",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "adamax",
      moments: [0, 0],
      pointers: [0, 1],
      scalars: (decay) => [{ f64: beta1 }, { f64: beta2 }, { f64: eps }, { f64: decay }],
      reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
        const [m, u] = moments as [Float64Array, Float64Array];
        const now = rate / (1 - beta1 ** (step + 1));
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + decay * x;
          m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
          u[i] = Math.max(beta2 * (u[i] as number), Math.abs(g) + eps);
          params[i] = x - (now * (m[i] as number)) / (u[i] as number);
        }
      },
    },
  );
}
