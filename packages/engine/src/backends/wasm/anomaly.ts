/** Anomaly mode: runs a plan launch by launch and finds the first op whose result is not finite though its operands are. */

import { isFloat } from "../../dtype.js";
import { forEachStrided, type NdArray, ndZeros } from "../../nd.js";
import type { Operand } from "../../op.js";
import { type Launch, launchTitle } from "../../plan/plan.js";
import { formatSite } from "../../site.js";
import type { Node, Tensor } from "../../tensor.js";
import type { WasmExecutable } from "./executable.js";
import { snapshot } from "./profile.js";

/** The first launch that makes a NaN or an infinity, and the user's line behind it; the program's state is left as it was. */
export function findNonFinite(executable: WasmExecutable): { title: string; site: string | undefined } | undefined {
  const { loaded, plan, runtime, linked } = executable;
  const restore = snapshot(executable);
  try {
    for (let i = 0; i < loaded.count; i++) {
      const launch = plan.launches[i] as Launch;
      const operands = new Map(
        (launch.chain?.inputs ?? []).map(({ operand }) => [operand.base, readOperand(executable, { ...operand })] as const),
      );
      runtime.runSync(loaded.address + (loaded.starts[i] as number) * 4, 1, 1, 1);
      const bad = launch.outputs.some((y) => isFloat(y.dtype) && linked.view(y).some((x) => !Number.isFinite(x)));
      if (!bad) continue;
      const culprit = culpritOf(launch, operands) ?? launch.nodes[launch.nodes.length - 1];
      const name = culprit === undefined ? launchTitle(launch) : `${culprit.op.name} (in ${launchTitle(launch)})`;
      return { title: `launch ${i}: ${name}`, site: formatSite(culprit?.site) };
    }
    return undefined;
  } finally {
    restore();
  }
}

/** Replays a fused chain on the float64 references to find which of its ops failed first. */
function culpritOf(launch: Launch, operands: ReadonlyMap<Tensor, NdArray>): Node | undefined {
  const values = new Map(operands);
  for (const { node } of launch.chain?.ops ?? []) {
    const inputs = node.inputs.map((x) => values.get(x));
    if (!inputs.every((x): x is NdArray => x !== undefined)) continue;
    const results = node.op.reference(inputs, node.attrs, node.outputs);
    results.forEach((result, i) => values.set(node.outputs[i] as Tensor, result));
    if (results.some((result) => result.data.some((x) => !Number.isFinite(x)))) return node;
  }
  return undefined;
}

function readOperand({ linked }: WasmExecutable, operand: Operand): NdArray {
  const { base } = operand;
  const view = linked.view(base);
  const result = ndZeros(operand.shape, base.dtype);
  forEachStrided(operand.shape, [operand.strides], (index, [at]) => {
    result.data[index] = view[operand.offset + (at as number)] as number;
  });
  return result;
}
