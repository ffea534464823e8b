import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { vjp } from "../../packages/engine/src/autodiff.js";
import { isFloat } from "../../packages/engine/src/dtype.js";
import type { Op, OpCase } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { withGraph } from "../../packages/engine/src/trace.js";
import { buildCase, opsOf, randoms } from "../support/ops-cases.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";

afterAll(closeBackends);
const only = process.env["OPS"]?.split(",");
const all = opsOf(ops).filter((op) => op.lowering.kind !== "scan" && !["uniform","normal","dropout"].includes(op.name) && (only === undefined || only.includes(op.name)));
const worst: [number, string][] = [];
describe.each(all.map((op) => [op.name, op] as const))("%s", (name, op) => {
  test.each(["f32", "f64"] as const)("%s", async (dtype) => {
    for (const single of op.cases()) {
      for (const build of BUILDS) {
        const { graph, wanted, outputs, feeds } = buildCase(op, single, dtype);
        const ys = outputs.filter((y) => isFloat(y.dtype));
        const dys = ys.map((y, i) => { const r = randoms(3 + i); const t = graph.input(`dy${i}`, { shape: y.shape, dtype: y.dtype }); feeds.set(t, { shape: y.shape, dtype: y.dtype, data: Float64Array.from({ length: y.size }, () => Math.fround(2 * r() - 1)) }); return t; });
        let slopes: readonly (typeof outputs)[number][] = [];
        try { slopes = wanted.length > 0 && ys.length > 0 ? withGraph(graph, () => vjp(ys, dys, wanted)) : []; } catch (e) { if (name !== "trigamma") throw e; }
        const targets = [...outputs, ...slopes];
        const expected = interpret(graph, targets, feeds);
        let got;
        try { got = await runOnWasm(build, graph, targets, feeds, process.env["THREADS"] ? [1, 2, 4] : [1]); } catch (e) { throw new Error(`${name} ${single.name} ${build}: ${(e as Error).message}`, { cause: e }); }
        targets.forEach((_, i) => {
          const [a, b] = [got[i]!.data, expected[i]!.data];
          const scale = b.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
          for (let k = 0; k < b.length; k++) {
            if (Object.is(a[k], b[k]) || a[k] === b[k]) continue;
            const err = Math.abs(a[k]! - b[k]!) / Math.max(Math.abs(b[k]!), scale * 0.05);
            const tol = (dtype === "f32" ? 1e-6 : 2e-15);
            if (!(err <= tol)) worst.push([err, `${name} ${single.name} ${build} ${dtype} ${i < outputs.length ? "out" : "grad"} ${i} [${k}]: got ${a[k]} expected ${b[k]}`]);
            if (!(err <= tol * 100)) throw new Error(worst[worst.length - 1]![1]);
          }
        });
      }
    }
  });
});
test("report", () => { worst.sort((a, b) => b[0] - a[0]); const seen = new Set<string>(); for (const [e, w] of worst) { const key = w.split(" ").slice(0,1).join() + w.includes("f64") + w.includes("out"); if (seen.has(key)) continue; seen.add(key); console.log(e.toExponential(2), w); } expect(1).toBe(1); });
