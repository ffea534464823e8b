/** Runs ops' own cases in a page, on whichever backend is asked for, against the float64 references. */
import type { Backend } from "../../../../packages/engine/src/backends/backend.js";
import { interpret } from "../../../../packages/engine/src/backends/reference.js";
import { type BackendName, openBackend } from "../../../../packages/engine/src/backends/select.js";
import { type NdArray, ndFrom } from "../../../../packages/engine/src/nd.js";
import type { Op } from "../../../../packages/engine/src/op.js";
import * as ops from "../../../../packages/engine/src/ops/index.js";
import { sizeOf } from "../../../../packages/engine/src/shape.js";
import { caseGraph } from "../../../support/case-graph.js";
import { opsOf } from "../../../support/ops-cases.js";
import { allowed, EPS, mismatch } from "../../../support/tolerance.js";

const all = opsOf(ops);
const backends = new Map<BackendName, Promise<Backend>>();

/** Faults of one op's cases, in words. */
async function runOp(op: Op, backend: Backend): Promise<string[]> {
  const faults: string[] = [];
  for (const opCase of op.cases()) {
    const { graph, feeds, forward, gradients } = caseGraph(op, opCase, "f32");
    const outputs = [...forward, ...gradients];
    if (graph.nodes.some((node) => [...node.inputs, ...node.outputs].some((x) => x.dtype === "f64"))) continue;
    const wanted = interpret(graph, outputs, feeds);
    const named = new Map(outputs.map((tensor, i) => [`${i}`, tensor] as const));
    const executable = await backend.compile({ graph, outputs: named, leaves: new Map(), seed: 0, maxima: new Map() });
    try {
      for (const [name, tensor] of graph.inputs) executable.write(name, (feeds.get(tensor) as NdArray).data);
      await executable.run();
      const elements = Math.max(...opCase.inputs.map((input) => sizeOf(input.shape)), 1);
      outputs.forEach((y, i) => {
        const got = ndFrom(y.shape, y.dtype, executable.read(`${i}`).slice());
        const off = mismatch(got, wanted[i] as NdArray, allowed(op.tolerance, elements, i >= forward.length) * EPS.f32);
        if (off !== undefined) faults.push(`${op.name} "${opCase.name}" ${i}: element ${off.index} is ${off.got}, expected ${off.want}`);
      });
    } finally {
      executable.close();
    }
  }
  return faults;
}

declare global {
  interface Window {
    opNames: readonly string[];
    runOps(backend: BackendName, names: readonly string[]): Promise<string[]>;
  }
}

window.opNames = all.map(({ name }) => name);
window.runOps = async (name, names) => {
  if (!backends.has(name)) backends.set(name, openBackend({ backend: name }));
  const backend = (await backends.get(name)) as Backend;
  const faults: string[] = [];
  for (const op of all.filter((one) => names.includes(one.name))) {
    try {
      faults.push(...(await runOp(op, backend)));
    } catch (error) {
      faults.push(`${op.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return faults;
};
