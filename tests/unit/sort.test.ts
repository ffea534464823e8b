// What the sorting functions add to their ops: other axes and types, argsort, and what they refuse.
import { expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";

function values(f: () => readonly Tensor[]): number[][] {
  const { graph, result } = traceFunction({}, f);
  return interpret(graph, result, new Map()).map(({ data }) => [...data]);
}

test("whole numbers stay whole numbers", () => {
  const { graph, result } = traceFunction({}, () => ops.sort(constant([3, -1, 2 ** 31 - 1, 3], [4], "i32")));
  expect([result.values.dtype, result.indices.dtype]).toEqual(["i32", "i32"]);
  const [sorted, places] = interpret(graph, [result.values, result.indices], new Map());
  expect([...(sorted?.data ?? [])]).toEqual([-1, 3, 3, 2 ** 31 - 1]);
  expect([...(places?.data ?? [])]).toEqual([1, 0, 3, 2]);
});

test("argsort is the indices of sort, along any axis", () => {
  const [first, last] = values(() => {
    const x = constant([
      [3, 1, 2],
      [0, 5, 2],
    ]);
    return [ops.argsort(x, 0), ops.argsort(x, 1, { descending: true })];
  });
  expect(first).toEqual([1, 0, 0, 0, 1, 1]);
  expect(last).toEqual([0, 2, 1, 1, 2, 0]);
});

test("topK along another axis, unsorted", () => {
  const [best, places] = values(() => {
    const { values: v, indices } = ops.topK(
      constant([
        [3, 1],
        [9, 5],
        [4, 7],
      ]),
      2,
      0,
      { sorted: false },
    );
    return [v, indices];
  });
  expect(best).toEqual([9, 5, 4, 7]);
  expect(places).toEqual([1, 1, 2, 2]);
});

test("searchSorted takes mixed types", () => {
  const [left, right] = values(() => {
    const edges = constant([0, 1, 1, 2], [4], "i32");
    const x = constant([
      [-1, 1],
      [1.5, 9],
    ]);
    return [ops.searchSorted(edges, x), ops.searchSorted(edges, x, { right: true })];
  });
  expect(left).toEqual([0, 1, 3, 4]);
  expect(right).toEqual([0, 3, 3, 4]);
});

test.each<[string, () => unknown, string]>([
  ["more than there are", () => ops.topK(constant([1, 2]), 3), "ARGUMENT"],
  ["half an element", () => ops.topK(constant([1, 2]), 0.5), "ARGUMENT"],
  ["a scalar's top", () => ops.topK(constant(1), 1), "SHAPE"],
  ["a scalar in order", () => ops.sort(constant(1)), "SHAPE"],
  ["rows of another batch", () => ops.searchSorted(constant([[1], [2]]), constant([[1]])), "SHAPE"],
])("refuses %s", (_, f, code) => {
  const caught = (() => {
    try {
      traceFunction({}, f);
    } catch (error) {
      return error as TetradError;
    }
    return undefined;
  })();
  expect(caught).toBeInstanceOf(TetradError);
  expect(caught?.code).toBe(code);
});
