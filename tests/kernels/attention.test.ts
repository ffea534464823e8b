// What attention promises beyond its cases: packed equals separate, bounded tokens, rows that see nothing, NaN and infinities, memory that grows with tokens only.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { createEngine, type Engine } from "../../packages/engine/src/engine.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import { attention, scaledDotProductAttention } from "../../packages/engine/src/ops/attention.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { reshape } from "../../packages/engine/src/ops/reshape.js";
import { ropeTables } from "../../packages/engine/src/ops/rope.js";
import { slice } from "../../packages/engine/src/ops/slice.js";
import { squeeze } from "../../packages/engine/src/ops/squeeze.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { randoms } from "../support/ops-cases.js";

const engines: Engine[] = [];
async function engineOf(build: "baseline" | "relaxed"): Promise<Engine> {
  const engine = await createEngine({ build, threads: 2 });
  engines.push(engine);
  return engine;
}
afterAll(async () => {
  for (const engine of engines) await engine.close();
});

function numbers(size: number, seed: number): number[] {
  const next = randoms(seed);
  return Array.from({ length: size }, () => Math.fround(2 * next() - 1));
}

const HEADS = 3;
const DIM = 8;
const ROW = 3 * HEADS * DIM;

/** Self-attention of fused projections (tokens, 3·heads·dim) and the gradient of a weighted sum. */
function selfAttention(qkv: Tensor, weights: Tensor, cu: Tensor) {
  const tokens = qkv.shape[0] as number;
  const split = reshape(qkv, [tokens, 3, HEADS, DIM]);
  const part = (i: number) => squeeze(slice(split, [0, i, 0, 0], [tokens, i + 1, HEADS, DIM]), 1);
  const y = attention(part(0), part(1), part(2), { causal: true, cuSeqlens: cu, rope: ropeTables(tokens, DIM) });
  const loss = sum(mul(reshape(y, [tokens, HEADS * DIM]), weights));
  return { y, dqkv: gradients(loss, [qkv])[0] as Tensor };
}

describe.each(["baseline", "relaxed"] as const)("%s", (build) => {
  test("packed sequences give what each gives alone, whatever is live", async () => {
    const engine = await engineOf(build);
    const most = 40;
    const lengths = [7, 1, 19, 4];
    const total = lengths.reduce((a, b) => a + b, 0);
    const program = await engine.compileFunction(({ qkv, weights, cu }) => selfAttention(qkv as Tensor, weights as Tensor, cu as Tensor), {
      qkv: { shape: [most, ROW], bounded: "tokens" },
      weights: { shape: [most, HEADS * DIM], bounded: "tokens" },
      cu: { shape: [8], dtype: "i32" },
    });
    const [qkv, weights] = [numbers(total * ROW, 1), numbers(total * HEADS * DIM, 2)];
    const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
    const cu = [...starts, ...new Array<number>(8 - starts.length).fill(total)];
    const packed = await program.call({ qkv, weights, cu });
    const [y, dqkv] = [[...(packed["y"] as Float32Array)], [...(packed["dqkv"] as Float32Array)]];
    for (const [i, length] of lengths.entries()) {
      const at = starts[i] as number;
      const alone = await program.call({
        qkv: qkv.slice(at * ROW, (at + length) * ROW),
        weights: weights.slice(at * HEADS * DIM, (at + length) * HEADS * DIM),
        cu: [0, ...new Array<number>(7).fill(length)],
      });
      const [own, slope] = [
        (alone["y"] as Float32Array).subarray(0, length * HEADS * DIM),
        (alone["dqkv"] as Float32Array).subarray(0, length * ROW),
      ];
      expect(y.slice(at * HEADS * DIM, (at + length) * HEADS * DIM)).toEqual([...own]);
      expect(dqkv.slice(at * ROW, (at + length) * ROW)).toEqual([...slope]);
    }
    // Fused projections are read where they lie: their only copies are the gradient's.
    expect(program.planText()).not.toMatch(/copy.*qkv/);
  });

  test("a query that sees nothing gives zeros and no gradient, and leaves the others alone", async () => {
    const engine = await engineOf(build);
    const f = ({ q, k, v, mask }: Record<string, Tensor>) => {
      const y = attention(q as Tensor, k as Tensor, v as Tensor, { keyMask: mask as Tensor });
      const [dq, dk, dv] = gradients(sum(y), [q as Tensor, k as Tensor, v as Tensor]) as [Tensor, Tensor, Tensor];
      return { y, dq, dk, dv };
    };
    const shape = [2, 5, 2, 4];
    const program = await engine.compileFunction(f, { q: shape, k: shape, v: shape, mask: { shape: [2, 5], dtype: "bool" } });
    const data = { q: numbers(80, 1), k: numbers(80, 2), v: numbers(80, 3) };
    const result = await program.call({ ...data, mask: [0, 0, 0, 0, 0, 1, 1, 0, 1, 1] });
    for (const name of ["y", "dq", "dk", "dv"]) {
      const values = [...(result[name] as Float32Array)];
      expect(values.slice(0, 40), name).toEqual(new Array(40).fill(0));
      expect(values.every(Number.isFinite), name).toBe(true);
      expect(
        values.slice(40).some((x) => x !== 0),
        name,
      ).toBe(true);
    }
  });

  test("NaN and infinities go where PyTorch lets them go", async () => {
    const engine = await engineOf(build);
    const program = await engine.compileFunction(
      ({ q, k, v }) => scaledDotProductAttention(q as Tensor, k as Tensor, v as Tensor, { causal: true }),
      { q: [1, 3, 2], k: [1, 3, 2], v: [1, 3, 2] },
    );
    const q = [1, 2, 3, 4, 5, 6];
    // Key 1 is NaN: query 0 does not see it.
    const first = [...((await program.call({ q, k: [1, 1, Number.NaN, 1, 1, 1], v: q }))["output"] as Float32Array)];
    expect(first.map(Number.isNaN)).toEqual([false, false, true, true, true, true]);
    // A score of +Infinity is inf − inf.
    const second = [...((await program.call({ q, k: [1, 1, Number.POSITIVE_INFINITY, 1, 1, 1], v: q }))["output"] as Float32Array)];
    expect(second.map(Number.isNaN)).toEqual([false, false, true, true, true, true]);
    // A score of −Infinity counts nothing.
    const third = [...((await program.call({ q, k: [1, 1, Number.NEGATIVE_INFINITY, 1, 1, 1], v: q }))["output"] as Float32Array)];
    expect(third.every(Number.isFinite)).toBe(true);
  });

  test("large scores lose no digits that float32 has", async () => {
    const engine = await engineOf(build);
    const shape = [1, 33, 2, 16];
    const f = ({ q, k, v }: Record<string, Tensor>) => attention(q as Tensor, k as Tensor, v as Tensor, { scale: 30 });
    const program = await engine.compileFunction(f, { q: shape, k: shape, v: shape });
    const data = { q: numbers(1056, 4), k: numbers(1056, 5), v: numbers(1056, 6) };
    const got = (await program.call(data))["output"] as Float32Array;
    const { graph, result } = traceFunction({ q: { shape, dtype: "f64" }, k: { shape, dtype: "f64" }, v: { shape, dtype: "f64" } }, f);
    const feeds = new Map(
      [...graph.inputs].map(([name, tensor]) => [tensor, { shape, dtype: "f64", data: Float64Array.from(data[name as "q"]) } as NdArray]),
    );
    const [want] = interpret(graph, [result], feeds) as [NdArray];
    // A score of 100 has an absolute error of some 2^-17 in float32, which is the relative error of its weight.
    got.forEach((x, i) => expect(Math.abs(x - (want.data[i] as number))).toBeLessThan(4e-5));
  });
});

test("memory between launches grows with tokens, not with their square", async () => {
  const engine = await engineOf("relaxed");
  const bytesOf = async (tokens: number) => {
    const shape = [1, tokens, 4, 32];
    const program = await engine.compileFunction(
      ({ q, k, v }) => {
        const y = attention(q as Tensor, k as Tensor, v as Tensor, { causal: true });
        const [dq, dk, dv] = gradients(sum(mul(y, y)), [q as Tensor, k as Tensor, v as Tensor]) as [Tensor, Tensor, Tensor];
        return { dq, dk, dv };
      },
      { q: shape, k: shape, v: shape },
    );
    const arena = Number(/arena: (\d+) bytes/.exec(program.planText())?.[1]);
    program.close();
    return arena / tokens;
  };
  const [short, long] = [await bytesOf(128), await bytesOf(1024)];
  expect(long).toBeLessThan(1.1 * short);
});

test("operands that do not fit are refused with both shapes and the caller's line", () => {
  const trace = (q: number[], k: number[], v: number[], positions?: number) => () =>
    traceFunction({ q: { shape: q, dtype: "f32" }, k: { shape: k, dtype: "f32" }, v: { shape: v, dtype: "f32" } }, ({ q, k, v }) =>
      attention(q as Tensor, k as Tensor, v as Tensor, positions === undefined ? {} : { rope: ropeTables(positions, 4) }),
    );
  expect(trace([1, 2, 3, 4], [1, 2, 2, 4], [1, 2, 2, 4])).toThrow(/heads of q must be a multiple.*attention\.test/s);
  expect(trace([1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 5])).toThrow(/differ in the size of a head/);
  expect(trace([1, 2, 3, 4], [1, 5, 3, 4], [1, 6, 3, 4])).toThrow(/differ in tokens or heads/);
  expect(trace([2, 3, 4], [2, 3, 4], [2, 3, 4])).toThrow(/needs 4 axes/);
  expect(trace([1, 2, 1, 300], [1, 2, 1, 300], [1, 2, 1, 4])).toThrow(/heads are too large/);
  expect(trace([1, 5, 1, 4], [1, 3, 1, 4], [1, 3, 1, 4], 4)).toThrow(/rope tables do not fit.*5 or more positions/s);
});
