/** Our convolutional network. */
import { adam, conv2d, crossEntropy, flatten, linear, maxPool2d, relu, type Tensor } from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import type { CnnProblem } from "../problems/cnn.js";
import { type Own, ownStep } from "./engine.js";

/** Result: the losses of the first steps. */
export function ownCnn(own: Own, { rows, side, weights, shapes, batches, lr, agreed }: CnnProblem): Promise<Contender> {
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
    optimizer: adam({ lr }),
    batches,
    agreed,
  });
}
