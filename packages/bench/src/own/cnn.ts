/** Our convolutional network. The ops of convolution are looked up by name, so that this suite runs, and says what is missing, before they exist. */
import * as engine from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import type { CnnProblem } from "../problems/cnn.js";
import { type Own, ownStep } from "./engine.js";

type Tensor = engine.Tensor;

interface ConvolutionOps {
  /** x (B, C, H, W), w (out, C / groups, kh, kw) */
  conv2d(x: Tensor, w: Tensor, options: { readonly bias?: Tensor; readonly padding?: number }): Tensor;
  maxPool2d(x: Tensor, options: { readonly kernel: number; readonly stride?: number }): Tensor;
}

/** Why there is no contender of ours, or undefined where there is. */
export function missingConvolution(): string | undefined {
  const lacking = (["conv2d", "maxPool2d"] as const).filter((name) => !(name in engine));
  return lacking.length === 0 ? undefined : `tetrad: absent: no ${lacking.join(", no ")} yet`;
}

/** Result: the losses of the first steps. */
export function ownCnn(own: Own, { rows, side, weights, shapes, batches, lr, agreed }: CnnProblem): Promise<Contender> {
  const { conv2d, maxPool2d } = engine as unknown as ConvolutionOps;
  const { relu, linear, flatten, crossEntropy } = engine;
  return ownStep(own, {
    params: shapes,
    weights,
    inputs: { x: [rows, 1, side, side], y: { shape: [rows], dtype: "i32" } },
    loss(params, { x, y }) {
      const weight = (name: string) => params[`${name}.weight`] as Tensor;
      const bias = (name: string) => params[`${name}.bias`] as Tensor;
      const block = (h: Tensor, name: string) => maxPool2d(relu(conv2d(h, weight(name), { bias: bias(name), padding: 1 })), { kernel: 2 });
      const features = flatten(block(block(x as Tensor, "conv1"), "conv2"), 1);
      const hidden = relu(linear(features, weight("fc1"), bias("fc1")));
      return crossEntropy(linear(hidden, weight("fc2"), bias("fc2")), y as Tensor);
    },
    optimizer: engine.adam({ lr }),
    batches,
    agreed,
  });
}
