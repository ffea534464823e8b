/** An op's own cases on some backend, forward and gradients, held against the float64 references: what is wrong, in words. Nothing here needs a test runner, so that pages run it, too. */
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { FloatDType } from "../../packages/engine/src/dtype.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op } from "../../packages/engine/src/op.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { caseGraph } from "./case-graph.js";
import type { Executor } from "./ops-cases.js";
import { allowed, EPS, mismatch } from "./tolerance.js";

export interface Share {
  readonly every?: number;
  readonly first?: number;
  /** Whether gradients are asked for, too; true unless told. They are ops themselves, nearly all of them. */
  readonly gradients?: boolean;
}

/**
 * @param wide whether the backend has f64; one that has not must refuse it
 * @param share of an op's cases each `every`-th one, from `first` on, or the first where that is none
 */
export async function opFaults(
  op: Op,
  float: FloatDType,
  wide: boolean,
  run: Executor,
  { every = 1, first = 0, gradients: asked = true }: Share = {},
): Promise<string[]> {
  const faults: string[] = [];
  const cases = op.cases();
  const chosen = cases.filter((_, i) => i % every === first);
  for (const opCase of chosen.length > 0 ? chosen : cases.slice(0, 1)) {
    const { graph, feeds, forward, gradients } = caseGraph(op, opCase, float, asked);
    const outputs = [...forward, ...gradients];
    if (!wide && graph.nodes.some((node) => [...node.inputs, ...node.outputs].some((x) => x.dtype === "f64"))) {
      // Where there is nothing to compute there is nothing to refuse.
      const empty = outputs.every((y) => y.size === 0);
      const code = await run(graph, outputs, feeds).then(
        () => "none",
        (error: { code?: string }) => error.code,
      );
      if (!empty && code !== "UNSUPPORTED") faults.push(`${op.name} "${opCase.name}" is not refused, got ${code}`);
      continue;
    }
    const wanted = interpret(graph, outputs, feeds);
    const got = await run(graph, outputs, feeds);
    // A value that was f32 on its way is no better than that.
    const eps = graph.nodes.some((node) => node.outputs.some((y) => y.dtype === "f32")) ? EPS.f32 : EPS[float];
    const elements = Math.max(...opCase.inputs.map((input) => sizeOf(input.shape)), 1);
    outputs.forEach((output, i) => {
      const gradient = i >= forward.length;
      // Whole numbers are right or wrong.
      const tolerance = output.dtype === "i32" ? 0 : allowed(op.tolerance, elements, gradient) * eps;
      const off = mismatch(got[i] as NdArray, wanted[i] as NdArray, tolerance);
      if (off === undefined) return;
      const what = gradient ? `gradient ${i - forward.length}` : `output ${i}`;
      faults.push(
        `${op.name} "${opCase.name}" ${what}: element ${off.index} is ${off.got}, expected ${off.want} (difference ${off.difference}, allowed ${off.allowed})`,
      );
    });
  }
  return faults;
}
