/** Convolutional network for images: stages of convolution, activation and max pooling, then linear layers as in mlp. */

import { TetradError } from "../errors.js";
import type { JsonObject } from "../io/json.js";
import { conv2d } from "../ops/conv2d.js";
import { dropout } from "../ops/dropout.js";
import { maxPool2d } from "../ops/maxPool2d.js";
import { reshape } from "../ops/reshape.js";
import type { ParamSpec } from "../store.js";
import type { Tensor } from "../tensor.js";
import { ACTIVATIONS, type Activation, activationNamed } from "./activation.js";
import { conv2dLayer } from "./conv2d.js";
import { nested } from "./layer.js";
import { linear } from "./linear.js";
import type { Model } from "./model.js";

export interface CnnOptions {
  /** Channels, height and width of an image. */
  readonly input: readonly number[];
  /** Filters of each stage. */
  readonly channels: readonly number[];
  /** Extent of the square kernels; odd where `padding` is left to keep the image's size. */
  readonly kernel?: number;
  /** Zeros around the image; half of the kernel unless told. */
  readonly padding?: number;
  /** Window and step of the pooling after each stage; 1 for none. */
  readonly pool?: number;
  /** Units of the linear layers before the last. */
  readonly hidden?: readonly number[];
  readonly classes: number;
  readonly activation?: Activation;
  /** Probability of dropping a hidden unit of the linear layers while training. */
  readonly dropout?: number;
}

/**
 * Parameters `conv.0.weight` (filters, channels, kernel, kernel), `conv.0.bias`, … and `layers.0.weight` (out, in), `layers.0.bias`, …,
 * initialised as PyTorch's Conv2d and Linear are.
 * @throws TetradError ARGUMENT for sizes that are not positive integers, or stages that leave nothing of the image
 */
export function cnn(options: CnnOptions): Model {
  const { input, channels, kernel = 3, padding = Math.floor(kernel / 2), pool = 2, hidden = [], classes } = options;
  const { activation = "relu", dropout: rate = 0 } = options;
  const sizes = [...input, ...channels, kernel, pool, ...hidden, classes];
  if (input.length !== 3 || !sizes.every((size) => Number.isInteger(size) && size > 0) || !Number.isInteger(padding) || padding < 0) {
    throw new TetradError("ARGUMENT", {
      op: "cnn",
      what: "needs input [channels, height, width], and channels, kernel, pool, hidden and classes of positive integers",
      got: JSON.stringify(options),
    });
  }
  const activate = activationNamed(activation);
  let [height, width] = input.slice(1) as [number, number];
  const params: Record<string, ParamSpec> = {};
  channels.forEach((filters, i) => {
    Object.assign(params, nested(`conv.${i}`, conv2dLayer(i === 0 ? (input[0] as number) : (channels[i - 1] as number), filters, kernel)));
    [height, width] = [height, width].map((extent) => Math.floor((extent + 2 * padding - kernel + 1) / pool)) as [number, number];
    if (height < 1 || width < 1)
      throw new TetradError("ARGUMENT", {
        op: "cnn",
        what: `stage ${i} leaves nothing of the image`,
        got: `${input.slice(1).join(" × ")}, kernel ${kernel}, padding ${padding}, pool ${pool}`,
        hint: "fewer stages, more padding, or pool 1",
      });
  });
  const features = (channels[channels.length - 1] ?? (input[0] as number)) * height * width;
  const units = [features, ...hidden, classes];
  const layers = units.length - 1;
  for (let i = 0; i < layers; i++) {
    const [fanIn, fanOut] = [units[i] as number, units[i + 1] as number];
    const init = { uniform: 1 / Math.sqrt(fanIn) };
    params[`layers.${i}.weight`] = { shape: [fanOut, fanIn], init };
    params[`layers.${i}.bias`] = { shape: [fanOut], init };
  }
  return {
    params,
    inputShape: [...input],
    outputShape: [classes],
    config: {
      model_type: "cnn",
      input: [...input],
      channels: [...channels],
      kernel,
      padding,
      pool,
      hidden: [...hidden],
      classes,
      activation,
      dropout: rate,
    },
    apply(weights, x, { training }) {
      const rows = x.shape[0] as number;
      let h = x.rank === 4 ? x : reshape(x, [rows, ...input]);
      channels.forEach((_, i) => {
        h = activate(conv2d(h, weights[`conv.${i}.weight`] as Tensor, { padding, bias: weights[`conv.${i}.bias`] }));
        if (pool > 1) h = maxPool2d(h, { kernel: pool });
      });
      h = reshape(h, [rows, features]);
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

export function cnnFromConfig(config: JsonObject): Model {
  const { input, channels, kernel, padding, pool, hidden, classes, activation, dropout: rate } = config;
  const list = (value: unknown): value is number[] => Array.isArray(value) && value.every((n) => typeof n === "number");
  const number = (value: unknown): value is number => typeof value === "number";
  if (
    !(list(input) && list(channels) && list(hidden) && number(kernel) && number(padding) && number(pool) && number(classes)) ||
    typeof activation !== "string" ||
    !(activation in ACTIVATIONS)
  )
    throw new TetradError("FORMAT", {
      op: "load",
      what: "damaged cnn configuration",
      got: JSON.stringify(config),
      expected: '{"input": [1, 28, 28], "channels": [...], "kernel": 3, "padding": 1, "pool": 2, "hidden": [...], "classes": 10, …}',
    });
  const options = { input, channels, kernel, padding, pool, hidden, classes, activation: activation as Activation };
  return cnn({ ...options, dropout: number(rate) ? rate : 0 });
}
