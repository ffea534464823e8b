/** Adam and AdamW (Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101). */

import {
  checkBetas,
  decaysAlways,
  decaysByDefault,
  type FlatUpdate,
  makeOptimizer,
  type Optimizer,
  type OptimizerOptions,
} from "./optimizer.js";

export interface AdamOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Divide by the largest second moment so far (Reddi, Kale and Kumar 2018). */
  readonly amsgrad?: boolean;
}

/** The update of Adam and AdamW, for optimisers that leave some of their parameters to it as well. */
export function adamUpdate(
  decoupled: boolean,
  { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, amsgrad = false }: Omit<AdamOptions, keyof OptimizerOptions>,
): FlatUpdate {
  checkBetas("adam", { beta1, beta2 });
  return {
    kind: "flat",
    kernel: "adam",
    moments: amsgrad ? [0, 0, 0] : [0, 0],
    pointers: [0, 1, amsgrad ? 2 : undefined],
    scalars: (decay) => [Number(decoupled), { f64: beta1 }, { f64: beta2 }, { f64: eps }, { f64: decay }],
    reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
      const [m, v, largest] = moments as [Float64Array, Float64Array, Float64Array | undefined];
      const correction1 = 1 - beta1 ** (step + 1);
      const correction2 = 1 - beta2 ** (step + 1);
      for (let i = 0; i < params.length; i++) {
        const x = params[i] as number;
        const g = (gradients[i] as number) + (decoupled ? 0 : decay * x);
        m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
        v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
        let bound = v[i] as number;
        if (largest !== undefined) {
          bound = Math.max(largest[i] as number, bound);
          largest[i] = bound;
        }
        const root = Math.sqrt(bound / correction2) + eps;
        params[i] = x * (decoupled ? 1 - rate * decay : 1) - ((rate / correction1) * (m[i] as number)) / root;
      }
    },
  };
}

/** Adam; weight decay, if any, joins the gradient of every parameter. */
export function adam(options: AdamOptions = {}): Optimizer {
  const { lr = 1e-3, weightDecay = 0, decays = decaysAlways } = options;
  return makeOptimizer("adam", { ...options, lr, weightDecay, decays }, adamUpdate(false, options));
}

/** AdamW: decoupled weight decay (0.01 unless told) on parameters of two or more axes. */
export function adamw(options: AdamOptions = {}): Optimizer {
  const { lr = 1e-3, weightDecay = 0.01, decays = decaysByDefault } = options;
  return makeOptimizer("adamw", { ...options, lr, weightDecay, decays }, adamUpdate(true, options));
}
