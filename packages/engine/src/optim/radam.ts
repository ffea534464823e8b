/** RAdam (Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond", arXiv 1908.03265), in PyTorch's form. */

import { checkBetas, decaysAlways, decaysByDefault, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface RadamOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Decay shrinks the weights, of two or more axes unless told, instead of joining every gradient. */
  readonly decoupledWeightDecay?: boolean;
}

/** Adam that starts as momentum (five steps of it, for the default beta2) and needs no warm-up. */
export function radam(options: RadamOptions = {}): Optimizer {
  const { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options;
  const { weightDecay = 0, decoupledWeightDecay: decoupled = false, decays = decoupled ? decaysByDefault : decaysAlways } = options;
  checkBetas("radam", { beta1, beta2 });
  return makeOptimizer(
    "radam",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "radam",
      moments: [0, 0],
      pointers: [0, 1],
      scalars: (decay) => [Number(decoupled), { f64: beta1 }, { f64: beta2 }, { f64: eps }, { f64: decay }],
      reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
        const [m, v] = moments as [Float64Array, Float64Array];
        const t = step + 1;
        const correction2 = 1 - beta2 ** t;
        // Length of the simple moving average that the exponential one stands for.
        const longest = 2 / (1 - beta2) - 1;
        const length = longest - (2 * t * beta2 ** t) / correction2;
        const rectified = length > 5;
        const rectifier = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
        const now = (rate / (1 - beta1 ** t)) * (rectified ? Math.sqrt(rectifier) * Math.sqrt(correction2) : 1);
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + (decoupled ? 0 : decay * x);
          m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
          v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
          const root = rectified ? Math.sqrt(v[i] as number) + eps : 1;
          params[i] = x * (decoupled ? 1 - rate * decay : 1) - (now * (m[i] as number)) / root;
        }
      },
    },
  );
}
