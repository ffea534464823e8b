/** Every op's own cases on every backend, forward and backward, against the float64 references; on wasm both builds, f32 and f64, 1, 2 and 4 threads. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op, ToleranceClass } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { TESTED_BACKENDS } from "../support/backends.js";
import { caseGraph } from "../support/case-graph.js";

const EPS = { f32: 2 ** -23, f64: 2 ** -52 } as const;

/** Error allowed in units of the type's epsilon, of the largest value; K is the number of elements that one result is made of. */
function allowed(tolerance: ToleranceClass, elements: number, gradient: boolean): number {
  switch (tolerance) {
    // Gradients of broadcast operands are sums.
    case "exact":
      return gradient ? 4 + 2 * Math.sqrt(elements) : 0;
    case "elementwise":
      return gradient ? 16 + 2 * Math.sqrt(elements) : 2;
    case "transcendental":
      return gradient ? 32 + 2 * Math.sqrt(elements) : 8;
    case "reduction":
      return 8 + 4 * Math.sqrt(elements);
    case "decomposition":
      return 256 * Math.max(1, elements);
  }
}

function isOp(value: unknown): value is Op {
  return typeof value === "object" && value !== null && "lowering" in value && "cases" in value;
}

function compare(got: NdArray, want: NdArray, tolerance: number, label: string): void {
  const scale = want.data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  for (let i = 0; i < want.data.length; i++) {
    const [g, w] = [got.data[i] as number, want.data[i] as number];
    const same = Object.is(g, w) || g === w || (Number.isNaN(g) && Number.isNaN(w)) || Math.abs(g - w) <= tolerance * scale;
    if (!same) expect.fail(`${label}: element ${i} is ${g}, expected ${w} (difference ${Math.abs(g - w)}, allowed ${tolerance * scale})`);
  }
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
