/** Our single ops of the `webgpu` suite. */
import { attention, gelu, layerNorm, softmax, type Tensor } from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import type { GpuOpProblem } from "../problems/gpu-ops.js";
import { type Own, ownFunction } from "./engine.js";

type Operands = Readonly<Record<string, Tensor>>;

const OPS: Readonly<Record<GpuOpProblem["op"], (operands: Operands, eps: number) => Tensor>> = {
  softmax: ({ x }) => softmax(x as Tensor),
  gelu: ({ x }) => gelu(x as Tensor),
  layerNorm: ({ x, weight, bias }, eps) => layerNorm(x as Tensor, { weight: weight as Tensor, bias: bias as Tensor, eps }),
  attention: ({ q, k, v }) => attention(q as Tensor, k as Tensor, v as Tensor),
};

export async function ownGpuOp(own: Own, { op, shape, operands, eps }: GpuOpProblem): Promise<Contender> {
  const [first] = Object.values(operands) as [Float32Array];
  const specs = Object.fromEntries(
    Object.entries(operands).map(([name, { length }]) => [name, length === first.length ? shape : [length]]),
  );
  const program = await own.engine.compileFunction((tensors) => ({ y: OPS[op](tensors, eps) }), specs);
  program.set(operands);
  return ownFunction(own, program, "y");
}
