/** batchNorm as a layer with running statistics, named and started as torch.nn.BatchNorm1d and BatchNorm2d. */

import { TetradError } from "../errors.js";
import { assign } from "../ops/assign.js";
import { batchNorm } from "../ops/batchNorm.js";
import { formatShape } from "../shape.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";
import { requireSizes } from "./sizes.js";

export interface BatchNormLayerOptions {
  readonly eps?: number;
  /** Weight of each batch in the running statistics. */
  readonly momentum?: number;
  /** Trained weight and bias; yes unless told. */
  readonly affine?: boolean;
}

/**
 * Training normalises by the batch and moves `running_mean` and `running_var`, which are states; evaluation normalises by them.
 * PyTorch's counter `num_batches_tracked`, which only its cumulative average reads, is left out.
 */
function batchNormLayer(op: string, ranks: readonly number[], channels: number, options: BatchNormLayerOptions): Layer {
  requireSizes(op, channels);
  const { eps = 1e-5, momentum = 0.1, affine = true } = options;
  const params: Record<string, ParamSpec> = {
    ...(affine && { weight: { shape: [channels], init: "ones" }, bias: { shape: [channels], init: "zeros" } }),
    running_mean: { shape: [channels], init: "zeros", state: true },
    running_var: { shape: [channels], init: "ones", state: true },
  };
  return {
    params,
    apply({ weight, bias, running_mean, running_var }, x, { training }) {
      if (!ranks.includes(x.rank))
        throw new TetradError("SHAPE", {
          op,
          what: "the input has the wrong number of axes",
          got: formatShape(x.shape),
          expected: `${ranks.join(" or ")} axes, channels second`,
        });
      const [mean, variance] = [running_mean as Tensor, running_var as Tensor];
      const { y, runningMean, runningVar } = batchNorm(x, {
        training,
        runningMean: mean,
        runningVar: variance,
        momentum,
        eps,
        ...(weight && { weight }),
        ...(bias && { bias }),
      });
      if (training) {
        assign(mean, runningMean as Tensor);
        assign(variance, runningVar as Tensor);
      }
      return y;
    },
  };
}

/** For (N, C) or (N, C, L). */
export function batchNorm1d(channels: number, options: BatchNormLayerOptions = {}): Layer {
  return batchNormLayer("batchNorm1d", [2, 3], channels, options);
}

/** For (N, C, H, W). */
export function batchNorm2d(channels: number, options: BatchNormLayerOptions = {}): Layer {
  return batchNormLayer("batchNorm2d", [4], channels, options);
}
