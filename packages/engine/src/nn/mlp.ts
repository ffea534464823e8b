/** Multi-layer perceptron: linear layers with an activation between them. */

import { TetradError } from "../errors.js";
import type { JsonObject } from "../io/json.js";
import { dropout } from "../ops/dropout.js";
import { reshape } from "../ops/reshape.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import { ACTIVATIONS, type Activation, activationNamed } from "./activation.js";
import { linear } from "./linear.js";
import type { Model } from "./model.js";

export interface MlpOptions {
  readonly activation?: Activation;
  /** Probability of dropping a hidden unit while training. */
  readonly dropout?: number;
}

/**
 * @param sizes units of input, hidden and output layers: [4, 64, 32, 1]
 * @throws TetradError ARGUMENT for fewer than two layers or sizes that are not positive integers
 */
export function mlp(sizes: readonly number[], { activation = "relu", dropout: rate = 0 }: MlpOptions = {}): Model {
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw new TetradError("ARGUMENT", {
      op: "mlp",
      what: "needs at least an input and an output size, all positive integers",
      got: `[${sizes.join(", ")}]`,
    });
  }
  const activate = activationNamed(activation);
  const params: Record<string, ParamSpec> = {};
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [fanIn, fanOut] = [sizes[i] as number, sizes[i + 1] as number];
    const bound = 1 / Math.sqrt(fanIn);
    params[`layers.${i}.weight`] = { shape: [fanOut, fanIn], init: { uniform: bound } };
    params[`layers.${i}.bias`] = { shape: [fanOut], init: { uniform: bound } };
  }
  const layers = sizes.length - 1;
  return {
    params,
    inputShape: [sizes[0] as number],
    outputShape: [sizes[layers] as number],
    config: { model_type: "mlp", sizes: [...sizes], activation, dropout: rate },
    apply(weights, x, { training }) {
      let h = x.rank === 2 ? x : reshape(x, [x.shape[0] as number, -1]);
      for (let i = 0; i < layers; i++) {
        h = linear(h, weights[`layers.${i}.weight`] as Tensor, weights[`layers.${i}.bias`] as Tensor);
        if (i + 1 === layers) break;
        h = activate(h);
        if (training && rate > 0) h = dropout(h, { rate });
      }
      return h;
    },
  };
}

export function mlpFromConfig(config: JsonObject): Model {
  const { sizes, activation, dropout: rate } = config;
  const valid =
    Array.isArray(sizes) &&
    sizes.every((size): size is number => typeof size === "number") &&
    typeof activation === "string" &&
    activation in ACTIVATIONS;
  if (!valid)
    throw new TetradError("FORMAT", {
      op: "load",
      what: "damaged mlp configuration",
      got: JSON.stringify(config),
      expected: '{"sizes": [...], "activation": "relu"}',
    });
  return mlp(sizes as number[], { activation: activation as Activation, dropout: typeof rate === "number" ? rate : 0 });
}
