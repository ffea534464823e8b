/** RMSprop (Tieleman and Hinton 2012), optionally centred (Graves 2013, arXiv 1308.0850), in PyTorch's form. */

import { decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions } from "./optimizer.js";

export interface RmspropOptions extends OptimizerOptions {
  readonly alpha?: number;
  readonly eps?: number;
  readonly momentum?: number;
  /** Divide by the standard deviation of the gradient rather than its root mean square. */
  readonly centered?: boolean;
}

export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { lr = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weightDecay = 0, decays = decaysAlways } = options;
  const kept = 1 + Number(centered) + Number(momentum !== 0);
  return makeOptimizer(
    "rmsprop",
    { ...options, lr, weightDecay, decays },
    {
      kind: "flat",
      kernel: "rmsprop",
      moments: new Array<number>(kept).fill(0),
      pointers: [0, centered ? 1 : undefined, momentum === 0 ? undefined : kept - 1],
      scalars: (decay) => [{ f64: alpha }, { f64: eps }, { f64: decay }, { f64: momentum }],
      reference({ params, gradients, moments, lr: rate, weightDecay: decay }) {
        const squares = moments[0] as Float64Array;
        const averages = centered ? moments[1] : undefined;
        const buffer = momentum === 0 ? undefined : moments[kept - 1];
        for (let i = 0; i < params.length; i++) {
          const x = params[i] as number;
          const g = (gradients[i] as number) + decay * x;
          squares[i] = alpha * (squares[i] as number) + (1 - alpha) * g * g;
          let variance = squares[i] as number;
          if (averages !== undefined) {
            averages[i] = alpha * (averages[i] as number) + (1 - alpha) * g;
            variance -= (averages[i] as number) ** 2;
          }
          let update = g / (Math.sqrt(variance) + eps);
          if (buffer !== undefined) {
            update += momentum * (buffer[i] as number);
            buffer[i] = update;
          }
          params[i] = x - rate * update;
        }
      },
    },
  );
}
