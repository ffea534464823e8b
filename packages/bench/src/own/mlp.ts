/** Our multi-layer perceptron, one Adam step after another. */
import { adam, mlp, mse, type Tensor } from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import type { MlpProblem } from "../problems/mlp.js";
import { type Own, type OwnStep, ownStep } from "./engine.js";

export function mlpStep({ sizes, activation, rows, weights, batches, lr, agreed }: MlpProblem): OwnStep {
  const model = mlp(sizes, { activation });
  return {
    params: model.params,
    weights,
    inputs: { x: [rows, sizes[0] as number], y: [rows, sizes.at(-1) as number] },
    loss: (params, { x, y }) => mse(model.apply(params, x as Tensor, { training: true }), y as Tensor),
    optimizer: adam({ lr }),
    batches,
    agreed,
  };
}

/** Result: the losses of the first steps. */
export function ownMlp(own: Own, problem: MlpProblem): Promise<Contender> {
  return ownStep(own, mlpStep(problem));
}
