/** Every op's own cases on every backend, forward and backward, against the float64 references; on wasm both builds, f32 and f64, 1, 2 and 4 threads. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { TESTED_BACKENDS } from "../support/backends.js";
import { caseGraph } from "../support/case-graph.js";
import { allowed, EPS, mismatch } from "../support/tolerance.js";

function isOp(value: unknown): value is Op {
  return typeof value === "object" && value !== null && "lowering" in value && "cases" in value;
}

function compare(got: NdArray, want: NdArray, tolerance: number, label: string): void {
  const off = mismatch(got, want, tolerance);
  if (off !== undefined)
    expect.fail(
      `${label}: element ${off.index} is ${off.got}, expected ${off.want} (difference ${off.difference}, allowed ${off.allowed})`,
    );
}

const all = Object.values(ops).filter(isOp);

test("there are ops to test", () => expect(all.length).toBeGreaterThan(80));

describe.each(TESTED_BACKENDS)("$name", ({ floats, run, close }) => {
  afterAll(close);
  describe.each(floats)("%s", (float) => {
    test.each(all.map((op) => [op.name, op] as const))("%s", async (_, op) => {
      for (const opCase of op.cases()) {
        const { graph, feeds, forward, gradients } = caseGraph(op, opCase, float);
        const outputs = [...forward, ...gradients];
        if (!floats.includes("f64") && graph.nodes.some((node) => [...node.inputs, ...node.outputs].some((x) => x.dtype === "f64"))) {
          // Where there is nothing to compute there is nothing to refuse.
          const empty = outputs.every((y) => y.size === 0);
          const code = await run(graph, outputs, feeds).then(
            () => "none",
            (error: { code?: string }) => error.code,
          );
          expect(empty || code === "UNSUPPORTED", `${op.name} "${opCase.name}" is refused, got ${code}`).toBe(true);
          continue;
        }
        const wanted = interpret(graph, outputs, feeds);
        const got = await run(graph, outputs, feeds);
        // A value that was f32 on its way is no better than that.
        const eps = graph.nodes.some((node) => node.outputs.some((y) => y.dtype === "f32")) ? EPS.f32 : EPS[float];
        const elements = Math.max(...opCase.inputs.map((input) => sizeOf(input.shape)), 1);
        outputs.forEach((_y, i) => {
          const gradient = i >= forward.length;
          compare(
            got[i] as NdArray,
            wanted[i] as NdArray,
            allowed(op.tolerance, elements, gradient) * eps,
            `${op.name} "${opCase.name}" ${gradient ? `gradient ${i - forward.length}` : `output ${i}`}`,
          );
        });
      }
    });
  });
});
