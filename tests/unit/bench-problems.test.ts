// What benchmarks compute with: the wire to other processes, sizes of ops, and language models whose weights have PyTorch's names and shapes.
import { readFileSync } from "node:fs";
import * as engine from "@tetrad/engine";
import { expect, test } from "vitest";
import { connect } from "../../packages/bench/src/peers/remote.js";
import { fromLine, Spool, toLine } from "../../packages/bench/src/peers/wire.js";
import { bertProblem } from "../../packages/bench/src/problems/bert.js";
import { checkProduct, matrixProblem } from "../../packages/bench/src/problems/gemm.js";
import { gptProblem } from "../../packages/bench/src/problems/gpt.js";
import { ELEMENTS, fillInput, sizedCase } from "../../packages/bench/src/problems/op-cases.js";
import { opsOf } from "../../packages/bench/src/suites/ops.js";

const SMALL = { layers: 2, width: 12, heads: 3, intermediate: 24, vocabulary: 50, positions: 16 };

test("messages keep arrays of each type, small ones in the line and large ones in files", () => {
  const large = Float32Array.from({ length: 300_000 }, (_, i) => Math.fround(Math.sin(i)));
  const message = { name: "x", list: [1, { f64: 2 }], a: Float64Array.of(1e-300, -0, 3), ids: Int32Array.of(-1, 7), large };
  const spool = new Spool();
  const line = toLine(message, spool);
  expect(line.length).toBeLessThan(1000);
  expect(fromLine(line)).toEqual(message);
  const { path } = (JSON.parse(line) as { large: { f32: { path: string } } }).large.f32;
  expect(toLine({ again: large }, spool)).toContain(path);
  spool.remove();
  expect(() => readFileSync(path)).toThrow("ENOENT");
  expect(fromLine(toLine(message))).toEqual(message);
});

test("a peer's process answers line by line, and one that dies says why", async () => {
  const answers = (source: string) => connect({ command: process.execPath, args: ["-e", source] }, new Spool());
  const remote = await answers(`
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { method, task } = JSON.parse(line);
      if (method === "sample") process.exit(console.error("first\\nlast words"));
      const value = { describe: "fake 1", open: task === "gemm" ? 0 : null, result: { f64: Buffer.from(new Float64Array([1, 2]).buffer).toString("base64") } };
      console.log(JSON.stringify(method === "peak" ? { error: "cannot" } : { value: value[method] }));
    });`);
  expect(remote.describe).toBe("fake 1");
  expect(await remote.open("gemm", {})).toBe(0);
  expect(await remote.open("else", {})).toBeNull();
  expect(await remote.result(0)).toEqual(Float64Array.of(1, 2));
  await expect(remote.peakBytes()).rejects.toThrow("cannot");
  await expect(remote.sample(0, 1)).rejects.toThrow("last words");
  await expect(answers('throw new Error("no such library")')).rejects.toThrow();
  await expect(connect({ command: "no-such-program-of-peers", args: [] }, new Spool())).rejects.toThrow("ENOENT");
});

test("a wrong product is noticed, a right one is not", () => {
  const problem = matrixProblem(5, 7, 3, "f64");
  const c = Float64Array.from({ length: 35 }, (_, at) => {
    let sum = 0;
    for (let p = 0; p < 3; p++) sum += problem.a[Math.floor(at / 7) * 3 + p]! * problem.b[p * 7 + (at % 7)]!;
    return sum;
  });
  checkProduct(problem, c);
  c[17]! += 1e-9;
  expect(() => checkProduct(problem, c)).toThrow("(2, 3) is");
  expect(() => checkProduct(problem, c.subarray(1))).toThrow("34 elements of 35");
});

test("every op with cases has a size that its shape rule accepts, large but bounded", () => {
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const ops = opsOf(engine);
  expect(ops.length).toBeGreaterThan(80);
  let large = 0;
  for (const op of ops) {
    const sized = sizedCase(op);
    if (sized === undefined) {
      expect(op.cases(), op.name).toEqual([]);
      continue;
    }
    const specs = sized.inputs.map(({ shape, dtype = "f32" as const }) => ({ shape, dtype }));
    const outputs = op.infer(specs, sized.attrs);
    const most = Math.max(...[...specs, ...outputs].map(({ shape }) => size(shape)));
    expect(most, op.name).toBeLessThanOrEqual(6 * ELEMENTS);
    if (most >= ELEMENTS / 4) large++;
  }
  expect(large).toBeGreaterThan(ops.length / 2);
});

test("indices stay in their range, exact values repeat, and equal seeds give equal data", () => {
  const ids = fillInput({ shape: [1000], dtype: "i32", range: [0, 9] }, 1);
  expect(Math.min(...ids)).toBe(0);
  expect(Math.max(...ids)).toBe(8);
  expect([...fillInput({ shape: [2, 3], values: [1, 2, 3] }, 1)]).toEqual([1, 2, 3, 1, 2, 3]);
  expect(fillInput({ shape: [9] }, 4)).toEqual(fillInput({ shape: [9] }, 4));
});

test("language models: every weight has its shape, gains are near one, nothing is left zero, targets are the ids one place on", () => {
  const bert = bertProblem(3, 5, SMALL);
  const gpt = gptProblem(2, 7, SMALL);
  for (const { shapes, weights } of [bert, gpt]) {
    expect(Object.keys(weights)).toEqual(Object.keys(shapes));
    for (const [name, shape] of Object.entries(shapes)) {
      const values = weights[name] as Float32Array;
      expect(values.length, name).toBe(shape.reduce((product, extent) => product * extent, 1));
      expect(
        values.every((value) => value !== 0),
        name,
      ).toBe(true);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean - (/(LayerNorm|ln_\w+)\.weight$/.test(name) ? 1 : 0)), name).toBeLessThan(0.1);
    }
  }
  expect(bert.shapes["bert.encoder.layer.1.intermediate.dense.weight"]).toEqual([24, 12]);
  expect(gpt.shapes["transformer.h.1.attn.c_attn.weight"]).toEqual([36, 12]);
  const { ids, targets } = gpt.batches[0]!;
  expect([...ids.subarray(1, 7)]).toEqual([...targets.subarray(0, 6)]);
  expect([...ids.subarray(8, 14)]).toEqual([...targets.subarray(7, 13)]);
});
