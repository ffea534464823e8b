/** Ops of whole numbers and of truth values as users call them: WebGPU refuses none that the CPU has, and gives the same ones. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WasmBackend } from "../../packages/engine/src/backends/wasm/backend.js";
import type { HostArray } from "../../packages/engine/src/dtype.js";
import { Engine } from "../../packages/engine/src/engine.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { openWebGpu } from "../support/backends.js";

const engines: Engine[] = [];
beforeAll(async () => {
  engines.push(new Engine(await WasmBackend.create({ threads: 1 })));
});
afterAll(async () => {
  for (const engine of engines) await engine.close();
});

const EXTENTS = [3, 5, 7] as const;
const size = EXTENTS.reduce((product, extent) => product * extent, 1);
/** Both ends of the type, ties, and numbers that f32 does not have. */
const some = [2 ** 31 - 1, -(2 ** 31), 0, 3, -1, 3, 16777217, -16777219, 1, 2 ** 30, 65537];
const values = Int32Array.from({ length: size }, (_, i) => some[(i * i + 5 * i) % some.length] as number);
const places = Int32Array.of(2, 0, 2);

type Case = (x: Tensor, other: Tensor, places: Tensor) => Tensor | Record<string, Tensor>;

const CASES: Readonly<Record<string, Case>> = {
  "sum over all": (x) => ops.sum(x),
  "sum over rows": (x) => ops.sum(x, -1),
  "sum of truths": (x) => ops.sum(ops.greater(x, 0), [0, 2]),
  "product over columns": (x) => ops.prod(x, 0, { keepDims: true }),
  mean: (x) => ops.mean(x, 1),
  "variance of small numbers": (x) => ops.variance(ops.minimum(ops.maximum(x, -9), 9), 1),
  max: (x) => ops.max(x, 1),
  min: (x) => ops.min(x, [0, 1]),
  "any and all": (x) => ({ any: ops.max(ops.equal(x, 3), -1), all: ops.min(ops.less(x, 2 ** 30), -1) }),
  argmax: (x) => ops.argmax(x, 2),
  "argmin over several axes": (x) => ops.argmin(x, [0, 2]),
  "argmax of truths": (x) => ops.argmax(ops.equal(x, 3), 1),
  cumsum: (x) => ops.cumsum(x, 1),
  "cumsum of truths, backwards": (x) => ops.cumsum(ops.greater(x, 0), -1, { reverse: true }),
  sort: (x) => ({ ...ops.sort(x, 1, { descending: true }) }),
  "sort of truths": (x) => ({ ...ops.sort(ops.greater(x, 0)) }),
  argsort: (x) => ops.argsort(x, 0),
  topK: (x) => ({ ...ops.topK(x, 3) }),
  searchSorted: (x, other) => ops.searchSorted(ops.sort(ops.flatten(x, 0)).values, other, { right: true }),
  "searchSorted of whole numbers in floats": (x, other) =>
    ops.searchSorted(ops.sort(ops.flatten(ops.cast(ops.cast(other, "bool"), "f32"), 0)).values, ops.cast(x, "bool")),
  arithmetic: (x, other) => ops.add(ops.mul(x, 3), ops.sub(other, ops.neg(ops.abs(ops.maximum(x, -7))))),
  comparisons: (x, other) => ops.logicalAnd(ops.less(x, other), ops.notEqual(x, 0)),
  where: (x, other) => ops.where(ops.less(x, other), x, ops.minimum(other, 5)),
  "clamp and square of small numbers": (x) => ops.square(ops.clamp(x, -100, 100)),
  take: (x, _, at) => ops.take(x, at, 0),
  gather: (x, _, at) => ops.gather(x, ops.broadcastTo(ops.reshape(at, [3, 1, 1]), [3, 5, 7]), 0),
  oneHot: (_x, _y, at) => ops.oneHot(at, 4, "i32"),
  "pad and concat": (x, other) =>
    ops.concat(
      [
        ops.pad(
          x,
          [
            [0, 0],
            [1, 2],
            [0, 1],
          ],
          7,
        ),
        ops.pad(
          other,
          [
            [0, 0],
            [0, 3],
            [1, 0],
          ],
          -1,
        ),
      ],
      2,
    ),
  shapes: (x) => ops.flip(ops.transpose(ops.tile(ops.slice(x, [0, 1, 0], [3, 5, 7]), [1, 1, 2])), [0]),
  triangles: (x) => ops.tril(ops.reshape(x, [15, 7])),
};

type Result = { readonly data: HostArray; readonly shape: readonly number[] };

function named(got: Result | Record<string, Result>): Record<string, Result> {
  return "data" in got && ArrayBuffer.isView(got["data"]) ? { y: got as Result } : (got as Record<string, Result>);
}

/** The largest difference, as a part of the largest number. */
function worst(got: Float32Array, wanted: Float32Array): number {
  const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - (got[i] as number)) / largest), 0);
}

describe("i32 and bool", () => {
  test.each(Object.entries(CASES))("%s", async (_, f) => {
    const gpu = engines[1] ?? new Engine(await openWebGpu());
    if (engines.length === 1) engines.push(gpu);
    const inputs = {
      x: { data: values, shape: EXTENTS },
      other: { data: values.slice().reverse(), shape: EXTENTS },
      places: { data: places, shape: [3] },
    };
    const traced = ({ x, other, places: at }: Record<string, Tensor>) => f(x as Tensor, other as Tensor, at as Tensor) as never;
    const [onCpu, onGpu] = [await (engines[0] as Engine).run(traced, inputs), await gpu.run(traced, inputs)];
    const [got, wanted] = [named(onGpu), named(onCpu)];
    expect(Object.keys(got)).toEqual(Object.keys(wanted));
    for (const [name, { data, shape }] of Object.entries(wanted)) {
      expect(got[name]?.shape).toEqual(shape);
      // Means are f32, whose sums the backends add up in another order.
      if (data instanceof Float32Array) expect(worst(got[name]?.data as Float32Array, data)).toBeLessThan(1e-6);
      else expect([...(got[name]?.data ?? [])]).toEqual([...data]);
    }
  });
});
