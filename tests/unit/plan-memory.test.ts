/** The arena: no two values alive together overlap, whatever the graph. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { ndFrom } from "../../packages/engine/src/nd.js";
import { add, exp, matmul, mul, sin, sub, sum, transpose } from "../../packages/engine/src/ops/index.js";
import { makePlan } from "../../packages/engine/src/plan/make.js";
import { lifetimes, place } from "../../packages/engine/src/plan/memory.js";
import { Graph, type Tensor } from "../../packages/engine/src/tensor.js";
import { withGraph } from "../../packages/engine/src/trace.js";

/** Numbers that pick ops and operands; every list of them is a valid graph over 6×6 matrices. */
const choices = fc.array(fc.tuple(fc.nat(6), fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 40 });

function randomGraph(list: readonly (readonly [number, number, number])[]): { graph: Graph; outputs: Map<string, Tensor>; input: Tensor } {
  const graph = new Graph();
  const input = graph.input("x", { shape: [6, 6], dtype: "f64" });
  const values: Tensor[] = [input];
  withGraph(graph, () => {
    for (const [op, i, j] of list) {
      const a = values[i % values.length] as Tensor;
      const b = values[j % values.length] as Tensor;
      const made = [
        () => add(a, b),
        () => sub(a, b),
        () => mul(a, b),
        () => sin(a),
        () => matmul(sin(a), sin(b)),
        () => transpose(a),
        () => mul(exp(sin(a)), sum(sin(b), 0)),
      ];
      values.push((made[op] as () => Tensor)());
    }
  });
  const picked = [values[values.length - 1], values[Math.floor(values.length / 2)]] as Tensor[];
  return { graph, input, outputs: new Map(picked.map((tensor, i) => [`${i}`, tensor])) };
}

test("values alive together never overlap", () => {
  fc.assert(
    fc.property(choices, (list) => {
      const { graph, outputs } = randomGraph(list);
      const plan = makePlan({ graph, outputs });
      const lives = lifetimes(plan.launches, plan.storageOf, (storage) => storage.kind === "temp", [...plan.outputs.values()]);
      const { offsets, bytes, lowerBound } = place(lives);
      for (const a of lives) {
        for (const b of lives) {
          if (a === b || a.last < b.first || b.last < a.first) continue;
          const [from, to] = [offsets.get(a.storage) as number, offsets.get(b.storage) as number];
          expect(from + a.bytes <= to || to + b.bytes <= from).toBe(true);
        }
      }
      expect(bytes).toBeGreaterThanOrEqual(lowerBound);
    }),
    { numRuns: 200 },
  );
});

test("random graphs give on the kernels what the references give", async () => {
  const { runOnWasm, closeBackends } = await import("../support/wasm-executor.js");
  await fc.assert(
    fc.asyncProperty(choices, async (list) => {
      const { graph, outputs, input } = randomGraph(list);
      const feeds = new Map([
        [
          input,
          ndFrom(
            [6, 6],
            "f64",
            Float64Array.from({ length: 36 }, (_, i) => Math.sin(i * 1.7)),
          ),
        ],
      ]);
      const wanted = interpret(graph, [...outputs.values()], feeds);
      const got = await runOnWasm("relaxed", graph, [...outputs.values()], feeds);
      // Products of 40 bounded factors may grow, and rounding with them: relative to the largest value, a few thousand units.
      wanted.forEach((want, i) => {
        const scale = want.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
        if (!Number.isFinite(scale)) return;
        got[i]?.data.forEach((x, k) => expect(Math.abs(x - (want.data[k] as number))).toBeLessThanOrEqual(4096 * 2 ** -52 * scale));
      });
    }),
    { numRuns: 150 },
  );
  await closeBackends();
});
