// More rows and more indices than a thread's scratch holds at once: the kernel goes through them in blocks, and each row still adds in the order of its indices.
import { afterAll, expect, test } from "vitest";
import { ndFrom } from "../../packages/engine/src/nd.js";
import { scatterRowsOp } from "../../packages/engine/src/ops/scatterRows.js";
import { Graph } from "../../packages/engine/src/tensor.js";
import { apply, withGraph } from "../../packages/engine/src/trace.js";
import { randoms } from "../support/ops-cases.js";
import { closeBackends, runOnWasm } from "../support/wasm-executor.js";

afterAll(closeBackends);

test.each([
  // One column is shared by rows, 32 by columns.
  { count: 100_003, extent: 120_000, inner: 1 },
  { count: 98_400, extent: 1001, inner: 32 },
  { count: 3000, extent: 220_000, inner: 3 },
])("$count slabs of $inner to $extent rows", async ({ count, extent, inner }) => {
  const next = randoms(3);
  const indices = Float64Array.from({ length: count }, () => Math.floor(next() * next() * extent));
  const values = Float64Array.from({ length: count * inner }, () => Math.fround(next() - 0.5));
  const expected = new Float32Array(extent * inner);
  indices.forEach((row, k) => {
    for (let i = 0; i < inner; i++) expected[row * inner + i] = (expected[row * inner + i] as number) + (values[k * inner + i] as number);
  });
  const graph = new Graph();
  const x = graph.input("values", { shape: [count, inner], dtype: "f32" });
  const at = graph.input("indices", { shape: [count], dtype: "i32" });
  const y = withGraph(graph, () => apply(scatterRowsOp, [x, at], { axis: 0, extent, padding: -1 }));
  const feeds = new Map([
    [x, ndFrom(x.shape, "f32", values)],
    [at, ndFrom(at.shape, "i32", indices)],
  ]);
  const [got] = await runOnWasm("baseline", graph, [y], feeds, [1, 2]);
  expect(Buffer.from(Float32Array.from(got?.data ?? []).buffer).equals(Buffer.from(expected.map((v) => v + 0).buffer))).toBe(true);
});
