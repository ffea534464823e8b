/** LAMB (You et al. 2020, "Large Batch Optimization for Deep Learning", arXiv 1904.00962), in the form of NVIDIA's apex and of timm. */

import { sizeOf } from "../shape.js";
import { adamUpdate } from "./adam.js";
import { checkBetas, decaysByDefault, makeOptimizer, type Optimizer, type OptimizerOptions, type TensorUpdate } from "./optimizer.js";

export interface LambOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Steps in proportion to their own size for parameters that do not decay, too. */
  readonly alwaysAdapt?: boolean;
}

/**
 * Adam's direction, with decay (0.01 unless told, on parameters of two or more axes) as part of it, at a length of the rate times the
 * parameter's own norm. Parameters that do not decay take Adam's step as it is, unless `alwaysAdapt`. The papers clip the global norm to 1:
 * that is `clipNorm: 1` here.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-6, alwaysAdapt = false, weightDecay = 0.01, decays = decaysByDefault } = options;
  checkBetas("lamb", { beta1, beta2 });
  const adapted: TensorUpdate = {
    kind: "tensor",
    moments: (shape) => [sizeOf(shape), sizeOf(shape)],
    launch({ shape, params, moments, gradients, scalars, weightDecay: decay, lrScale, emit }) {
      const constants = [beta1, beta2, eps, decay, lrScale].map((f64) => ({ f64 }));
      emit({
        kernel: "lamb",
        outputs: [params, ...moments],
        inputs: [gradients, scalars],
        scalars: [sizeOf(shape), ...constants],
        flops: 26 * sizeOf(shape),
        updates: true,
      });
    },
    reference({ params, gradients, moments, step, lr: rate, weightDecay: decay }) {
      const [m, v] = moments as [Float64Array, Float64Array];
      const correction1 = 1 - beta1 ** (step + 1);
      const correction2 = 1 - beta2 ** (step + 1);
      const update = params.map((x, i) => {
        const g = gradients[i] as number;
        m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
        v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
        return (m[i] as number) / correction1 / (Math.sqrt((v[i] as number) / correction2) + eps) + decay * x;
      });
      const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
      const [size, length] = [norm(params), norm(update)];
      const trust = size > 0 && length > 0 ? size / length : 1;
      for (let i = 0; i < params.length; i++) params[i] = (params[i] as number) - rate * trust * (update[i] as number);
    },
  };
  const plain = adamUpdate(true, { beta1, beta2, eps });
  return makeOptimizer("lamb", { ...options, lr, weightDecay, decays }, (name, shape) =>
    alwaysAdapt || (weightDecay !== 0 && decays(name, shape)) ? adapted : plain,
  );
}
