/** Stochastic gradient descent with momentum (Polyak 1964) and Nesterov's correction, in PyTorch's form. */

import { TetradError } from "../errors.js";
import { decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
}

/** Gradient descent; weight decay λ adds λ·w to the gradient of every parameter. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { lr = 0.01, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, decays = decaysAlways } = options;
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new TetradError("ARGUMENT", {
      op: "sgd",
      what: "nesterov needs momentum and no dampening",
      got: `momentum ${momentum}, dampening ${dampening}`,
    });
  }
  return makeOptimizer(
    "sgd",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "sgd",
      moments: momentum === 0 ? [] : [0],
      pointers: [momentum === 0 ? undefined : 0],
      scalars: (decay) => [Number(nesterov), { f64: momentum }, { f64: dampening }, { f64: decay }],
      reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
        const [buffer] = moments;
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + decay * x;
          let direction = g;
          if (buffer !== undefined) {
            buffer[i] = momentum * (buffer[i] as number) + (step === 0 ? 1 : 1 - dampening) * g;
            direction = nesterov ? g + momentum * (buffer[i] as number) : (buffer[i] as number);
          }
          params[i] = x - rate * direction;
        }
      },
    },
  );
}
