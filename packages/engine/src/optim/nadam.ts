/** NAdam (Dozat 2016, "Incorporating Nesterov Momentum into Adam"), in PyTorch's form. */

import { checkBetas, decaysAlways, decaysByDefault, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface NadamOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** How fast the momentum rises from half of beta1 to beta1. */
  readonly momentumDecay?: number;
  /** Decay shrinks the weights, of two or more axes unless told, instead of joining every gradient. */
  readonly decoupledWeightDecay?: boolean;
}

export function nadam(options: NadamOptions = {}): Optimizer {
  const { lr = 2e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, momentumDecay = 4e-3 } = options;
  const { weightDecay = 0, decoupledWeightDecay: decoupled = false, decays = decoupled ? decaysByDefault : decaysAlways } = options;
  checkBetas("nadam", { beta1, beta2 });
  const momentum = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return makeOptimizer(
    "nadam",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "nadam",
      moments: [0, 0],
      pointers: [0, 1],
      scalars: (decay) => [Number(decoupled), { f64: beta1 }, { f64: beta2 }, { f64: eps }, { f64: 0.96 ** momentumDecay }, { f64: decay }],
      reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
        const [m, v] = moments as [Float64Array, Float64Array];
        const t = step + 1;
        let product = 1;
        // Below 1e-17 it is no part of 1 − product any more.
        for (let i = 1; i <= t && product > 1e-17; i++) product *= momentum(i);
        const ofGradient = (rate * (1 - momentum(t))) / (1 - product);
        const ofMomentum = (rate * momentum(t + 1)) / (1 - product * momentum(t + 1));
        const correction2 = 1 - beta2 ** t;
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + (decoupled ? 0 : decay * x);
          m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
          v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
          const root = Math.sqrt((v[i] as number) / correction2) + eps;
          params[i] = x * (decoupled ? 1 - rate * decay : 1) - (ofGradient * g + ofMomentum * (m[i] as number)) / root;
        }
      },
    },
  );
}
