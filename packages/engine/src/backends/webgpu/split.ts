/** Chains that touch more buffers than one dispatch may bind are cut into several, which hand values on through storage. */

import type { Chain, ChainInput, ChainOp, ChainOutput } from "../../plan/plan.js";
import { stridesOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";

/**
 * @param limit buffers that one part may touch
 * @param bufferOf tells buffers apart: values with one result share a buffer
 * @param fixed buffers that the kernel in front of the chain binds, which only the first part has to share with it
 */
export function splitChain(chain: Chain, limit: number, bufferOf: (tensor: Tensor) => unknown, fixed = 0): Chain[] {
  const parts: Chain[] = [];
  const source = new Map<number, ChainInput>(chain.inputs.map((input) => [input.register, input]));
  let ops = chain.ops;
  let outputs = chain.outputs;
  let allowed = limit - fixed;
  while (ops.length > 0) {
    let taken = ops.length;
    while (taken > 1 && buffersOf(ops.slice(0, taken), ops.slice(taken), outputs, source, bufferOf) > allowed) taken--;
    // Even one op may be too much for what a kernel leaves; then the chain is a launch of its own.
    if (taken === 1 && allowed < limit && buffersOf(ops.slice(0, 1), ops.slice(1), outputs, source, bufferOf) > allowed) return [];
    const now = ops.slice(0, taken);
    const later = ops.slice(taken);
    const made = new Map(now.map((op) => [op.dst, op]));
    const wanted = outputs.filter(({ register }) => made.has(register));
    const crossing = [...new Set(later.flatMap(({ args }) => args))].filter((register) => made.has(register));
    const handed: ChainOutput[] = crossing
      .filter((register) => !wanted.some((output) => output.register === register))
      .map((register) => ({ tensor: (made.get(register) as ChainOp).node.outputs[0] as Tensor, register, direct: false }));
    const read = new Set(now.flatMap(({ args }) => args));
    parts.push({
      ...chain,
      inputs: [...source.values()].filter(({ register }) => read.has(register)),
      ops: now,
      outputs: [...wanted, ...handed],
    });
    for (const { tensor, register } of [...wanted, ...handed]) {
      if (!crossing.includes(register)) continue;
      const operand = { base: tensor, offset: 0, shape: tensor.shape, strides: stridesOf(tensor.shape) };
      source.set(register, { operand, kind: "dense", register, strides: [] });
    }
    outputs = outputs.filter((output) => !wanted.includes(output));
    ops = later;
    allowed = limit;
  }
  return parts;
}

function buffersOf(
  now: readonly ChainOp[],
  later: readonly ChainOp[],
  outputs: readonly ChainOutput[],
  source: ReadonlyMap<number, ChainInput>,
  bufferOf: (tensor: Tensor) => unknown,
): number {
  const made = new Set(now.map(({ dst }) => dst));
  const buffers = new Set<unknown>();
  for (const register of now.flatMap(({ args }) => args)) {
    const input = source.get(register);
    if (input !== undefined && !made.has(register)) buffers.add(bufferOf(input.operand.base));
  }
  const read = new Set(later.flatMap(({ args }) => args));
  for (const op of now) {
    const output = outputs.find(({ register }) => register === op.dst);
    if (output !== undefined) buffers.add(bufferOf(output.tensor));
    else if (read.has(op.dst)) buffers.add(bufferOf(op.node.outputs[0] as Tensor));
  }
  return buffers.size;
}
