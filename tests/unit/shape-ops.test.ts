// Ops that move elements: each op's own cases against central differences, batch rules against loops, views against copies, and what they refuse.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op, View } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { reshapeView } from "../../packages/engine/src/ops/reshape.js";
import { collapseJointly } from "../../packages/engine/src/ops/strided.js";
import { broadcastStrides, type Shape, sizeOf, stridesOf, tryBroadcast } from "../../packages/engine/src/shape.js";
import { Graph, type Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";
import { describeShared } from "../support/shared.js";
import { checkBatch, checkCase, compareGolden, expectClose, nd, randomNd, run, runNd } from "./transforms-support.js";

const checked: readonly Op[] = [
  ops.concatOp,
  ops.diagonalOp,
  ops.flipOp,
  ops.gatherOp,
  ops.identityOp,
  ops.padOp,
  ops.scatterAddOp,
  ops.scatterRowsOp,
  ops.sliceOp,
  ops.takeOp,
  ops.transposeOp,
] as readonly Op[];

for (const op of checked) {
  describe(op.name, () => {
    for (const single of op.cases()) {
      test(`case ${single.name}`, () => checkCase(op, single));
      test(`batch of ${single.name}`, () => checkBatch(op, single));
    }
  });
}

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });

/** What a view lets one read, in row-major order. */
function readView({ offset, shape, strides }: View, data: ArrayLike<number>): number[] {
  const dense = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, index) => {
    const at = shape.reduce(
      (sum, extent, axis) => sum + (Math.floor(index / (dense[axis] as number)) % extent) * (strides[axis] as number),
      offset,
    );
    return data[at] as number;
  });
}

/** A view lowering must show what the reference computes, through any strides of its input. */
function checkView<A extends Record<string, unknown>>(op: Op<A>, shape: Shape, attrs: A, permutation: readonly number[]): void {
  const stored = permutation.map((axis) => shape[axis] as number);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => i + 1);
  const back = permutation.map((_, axis) => permutation.indexOf(axis));
  const input: View = { offset: 0, shape, strides: back.map((axis) => stridesOf(stored)[axis] as number) };
  const x: NdArray = nd(shape, readView(input, data));
  const specs = op.infer([x], attrs);
  const [expected] = op.reference([x], attrs, specs) as [NdArray];
  if (op.lowering.kind !== "view") throw new Error("no view");
  const view = op.lowering.view(input, attrs, specs[0] as (typeof specs)[0]);
  if (view === undefined) return;
  expect(view.shape).toEqual(expected.shape);
  expect(readView(view, data)).toEqual([...expected.data]);
}

const shuffled = (shape: Shape) =>
  fc.shuffledSubarray(
    shape.map((_, i) => i),
    { minLength: shape.length, maxLength: shape.length },
  );

describe("properties", () => {
  test("reshape's view reads in row-major order", () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
          .chain((shape) =>
            fc.tuple(fc.constant(shape), shuffled(shape), fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })),
          ),
        ([shape, permutation, guess]) => {
          // Fit the guessed shape to the size: the last extent takes what is left.
          const size = sizeOf(shape);
          const target: number[] = [];
          let rest = size;
          for (const extent of guess) {
            if (rest % extent !== 0) continue;
            target.push(extent);
            rest /= extent;
          }
          target.push(rest);
          checkView(ops.reshapeOp, shape, { shape: target }, permutation);
          // A dense input never needs a copy.
          expect(reshapeView({ offset: 0, shape, strides: stridesOf(shape) }, target)).toBeDefined();
        },
      ),
    );
  });

  test("slice and transpose views read what their references pick", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            shuffled(shape),
            shuffled(shape),
            fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 3 })), { minLength: shape.length, maxLength: shape.length }),
          ),
        ),
        ([shape, stored, permutation, cuts]) => {
          checkView(ops.transposeOp, shape, { permutation }, stored);
          const begins = shape.map((extent, i) => Math.min((cuts[i] as [number, number, number])[0], extent));
          const steps = cuts.map(([, , step]) => step);
          const extents = shape.map((extent, i) =>
            Math.min((cuts[i] as [number, number, number])[1], Math.ceil((extent - (begins[i] as number)) / (steps[i] as number))),
          );
          checkView(ops.sliceOp, shape, { begins, extents, steps }, stored);
        },
      ),
    );
  });

  test("slice agrees with Array.prototype.slice, negative and far positions included", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { maxLength: 9 }),
        fc.integer({ min: -12, max: 12 }),
        fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined }),
        fc.integer({ min: 1, max: 4 }),
        (list, begin, end, step) => {
          expect(run((x) => ops.slice(x, [begin], [end], [step]), list)).toEqual(list.slice(begin, end).filter((_, i) => i % step === 0));
        },
      ),
    );
  });

  test("pad after slice with steps keeps every element in its place", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(12), fc.nat(12), fc.integer({ min: 1, max: 4 }), (n, from, count, step) => {
        const begin = Math.min(from, n);
        const extent = Math.min(count, Math.ceil((n - begin) / step));
        checkCase(ops.sliceOp, { name: "", inputs: [{ shape: [n] }], attrs: { begins: [begin], extents: [extent], steps: [step] } });
      }),
      { numRuns: 60 },
    );
  });

  test("broadcast shapes: commutative, idempotent, and the strides read the right element", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const joint = tryBroadcast([a, b]);
        expect(joint).toEqual(tryBroadcast([b, a]));
        expect(tryBroadcast([a, a])).toEqual([...a]);
        if (joint === undefined) return;
        expect(tryBroadcast([joint, a])).toEqual(joint);
        const x = nd(
          a,
          Array.from({ length: sizeOf(a) }, (_, i) => i),
        );
        const view: View = { offset: 0, shape: joint, strides: broadcastStrides(a, stridesOf(a), joint) };
        expect(readView(view, x.data)).toEqual([...(runNd((t) => ops.broadcastTo(t, joint), x)[0] as NdArray).data]);
      }),
    );
  });

  test("axes collapsed jointly address the same elements", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(fc.constant(shape), shuffled(shape))),
        ([shape, permutation]) => {
          const strides = permutation.map(
            (_, axis) => stridesOf(permutation.map((p) => shape[p] as number))[permutation.indexOf(axis)] as number,
          );
          const merged = collapseJointly(shape, [strides, stridesOf(shape)]);
          expect(sizeOf(merged.extents)).toBe(sizeOf(shape));
          const data = Array.from({ length: sizeOf(shape) }, (_, i) => i);
          merged.strides.forEach((list, i) => {
            expect(readView({ offset: 0, shape: merged.extents, strides: list }, data)).toEqual(
              readView({ offset: 0, shape, strides: [strides, stridesOf(shape)][i] as number[] }, data),
            );
          });
        },
      ),
    );
  });

  test("split then concat is the identity, on any axis", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.nat(2),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        (rest, at, sizes) => {
          const axis = Math.min(at, rest.length - 1);
          const shape = rest.map((extent, i) => (i === axis ? sizes.reduce((a, b) => a + b, 0) : extent));
          const x = randomNd(shape);
          const [y] = runNd((t) => ops.concat(ops.split(t, sizes, axis), axis), x) as [NdArray];
          expect(y.shape).toEqual(shape);
          expect(y.data).toEqual(x.data);
        },
      ),
    );
  });
});

describe("compositions", () => {
  const matrix = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const shapeOf = (f: (x: Tensor) => Tensor, shape: Shape) => (runNd(f, randomNd(shape))[0] as NdArray).shape;

  test("expandDims, squeeze, flatten, select", () => {
    expect(shapeOf((x) => ops.expandDims(x, -1), [2, 3])).toEqual([2, 3, 1]);
    expect(shapeOf((x) => ops.expandDims(x, 0), [])).toEqual([1]);
    expect(shapeOf((x) => ops.squeeze(x), [1, 2, 1])).toEqual([2]);
    expect(shapeOf((x) => ops.squeeze(x, -1), [1, 2, 1])).toEqual([1, 2]);
    expect(() => shapeOf((x) => ops.squeeze(x, 0), [2, 1])).toThrow(/axis 0 has more than one element/);
    expect(shapeOf((x) => ops.flatten(x, 1), [2, 3, 0, 5])).toEqual([2, 0]);
    expect(shapeOf((x) => ops.flatten(x), [])).toEqual([1]);
    expect(run((x) => ops.select(x, 1, -1), matrix)).toEqual([3, 6]);
    expect(() => run((x) => ops.select(x, 1, 3), matrix)).toThrow(/no such position/);
  });

  test("stack, tile, repeat, flip, moveAxis", () => {
    expect(run((x) => ops.stack([x, x], -1), [1, 2])).toEqual([1, 1, 2, 2]);
    expect(run((x) => ops.tile(x, [2]), [1, 2])).toEqual([1, 2, 1, 2]);
    expect(run((x) => ops.tile(x, [2, 1]), [1, 2])).toEqual([1, 2, 1, 2]);
    expect(shapeOf((x) => ops.tile(x, [2, 3]), [4])).toEqual([2, 12]);
    expect(run((x) => ops.repeat(x, 2, 0), [1, 2])).toEqual([1, 1, 2, 2]);
    expect(run((x) => ops.repeat(x, 2, 0), matrix)).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(run((x) => ops.flip(x), matrix)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(shapeOf((x) => ops.moveAxis(x, 0, -1), [2, 3, 4])).toEqual([3, 4, 2]);
    expect(shapeOf((x) => ops.swapAxes(x), [2, 3, 4])).toEqual([2, 4, 3]);
  });

  test("diag, eye, tril, triu, arange, full, oneHot", () => {
    expect(run((x) => ops.diag(x), [1, 2])).toEqual([1, 0, 0, 2]);
    expect(run((x) => ops.diag(x), matrix)).toEqual([1, 5]);
    expect(run((x) => ops.add(x, ops.eye(2, 3, "f64")), matrix)).toEqual([2, 2, 3, 4, 6, 6]);
    expect(run((x) => ops.tril(x), matrix)).toEqual([1, 0, 0, 4, 5, 0]);
    expect(run((x) => ops.tril(x, 1), matrix)).toEqual([1, 2, 0, 4, 5, 6]);
    expect(run((x) => ops.triu(x), matrix)).toEqual([1, 2, 3, 0, 5, 6]);
    expect(
      run(
        (x) => ops.triu(x, 1),
        [
          [Number.NaN, 2],
          [Number.NaN, 4],
        ],
      ),
    ).toEqual([0, 2, 0, 0]);
    expect(run(() => ops.arange(4, { start: 1, step: 0.5, dtype: "f64" }))).toEqual([1, 1.5, 2, 2.5]);
    expect(run(() => [ops.full([2], 7), ops.zeros([1])])).toEqual([7, 7]);
    expect(run(() => ops.oneHot(constant([2, 0, 5, -1], [4], "i32"), 3, "f64"))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("embedding keeps its padding row out of the gradient", () => {
    const table = randomNd([4, 3]);
    const ids = nd([2, 2], [1, 0, 1, 3], "i32");
    const [y] = runNd((i, t) => ops.embedding(i, t, { paddingIndex: 0 }), ids, table) as [NdArray];
    expect([...y.data.subarray(3, 6)]).toEqual([...table.data.subarray(0, 3)]);
    expect(() => runNd((i, t) => ops.embedding(i, t, { paddingIndex: 4 }), ids, table)).toThrow(/paddingIndex is no row/);
  });
});

describe("refuses", () => {
  const at = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error("nothing was refused");
  };
  const x = randomNd([2, 3]);

  test.each<[string, string, RegExp, (t: Tensor) => Tensor]>([
    ["transpose", "SHAPE", /not a permutation/, (t) => ops.transpose(t, [0, 0])],
    ["slice", "ARGUMENT", /positive integers.*flip/, (t) => ops.slice(t, [0], [2], [-1])],
    ["slice", "SHAPE", /more positions than axes/, (t) => ops.slice(t, [0, 0, 0])],
    ["concat", "SHAPE", /another axis than 0/, (t) => ops.concat([t, ops.transpose(t)], 0)],
    ["concat", "DTYPE", /types differ/, (t) => ops.concat([t, ops.zeros([2, 3], "i32")], 0)],
    ["concat", "ARGUMENT", /nothing to join/, () => ops.concat([], 0)],
    ["split", "SHAPE", /do not fill axis 1/, (t) => ops.split(t, 2, 1)[0] as Tensor],
    [
      "pad",
      "ARGUMENT",
      /pair of non-negative integers/,
      (t) =>
        ops.pad(t, [
          [-1, 0],
          [0, 0],
        ]),
    ],
    ["pad", "ARGUMENT", /pair of non-negative integers/, (t) => ops.pad(t, [[1, 0]])],
    ["gather", "DTYPE", /whole numbers/, (t) => ops.gather(t, t, 0)],
    ["gather", "SHAPE", /do not fit/, (t) => ops.gather(t, constant([0, 1], [2], "i32"), 0)],
    [
      "gather",
      "DATA",
      /index out of range at position 3.*got 3, expected 0 to 2/,
      (t) => ops.gather(t, constant([0, 1, 2, 3], [2, 2], "i32"), 1),
    ],
    ["take", "DATA", /got -1, expected 0 to 1/, (t) => ops.take(t, constant([-1], [1], "i32"))],
    ["scatterAdd", "SHAPE", /one value per index/, (t) => ops.scatterAdd(t, constant([0], [1, 1], "i32"), t, 1)],
    ["oneHot", "DTYPE", /whole numbers/, (t) => ops.oneHot(t, 3)],
    ["diag", "SHAPE", /vector or a matrix/, (t) => ops.diag(ops.expandDims(t, 0))],
  ])("%s: %s %s", (_, code, message, f) => {
    const error = at(() => runNd(f, x));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe("bounded axis 0", () => {
  const bounded = (shape: Shape) => {
    const graph = new Graph();
    return graph.input("x", { shape, dtype: "f64", bound: { name: "tokens", times: shape[0] as number } });
  };

  test("survives what keeps it in front and is refused elsewhere", () => {
    expect(ops.transpose(bounded([8, 2, 3]), [0, 2, 1]).bound?.name).toBe("tokens");
    expect(() => ops.transpose(bounded([8, 2]))).toThrow(/must stay in front/);
    expect(ops.slice(bounded([8, 4]), [0, 1], [undefined, 3]).bound?.name).toBe("tokens");
    expect(() => ops.slice(bounded([8, 4]), [1])).toThrow(/cannot cut the bounded axis/);
    const x = bounded([8, 4]);
    expect(ops.concat([x, x], 1).bound?.name).toBe("tokens");
    expect(() => ops.concat([x, x], 0)).toThrow(/cannot join along/);
    expect(
      ops.pad(x, [
        [0, 0],
        [1, 1],
      ]).bound?.name,
    ).toBe("tokens");
    expect(() =>
      ops.pad(x, [
        [1, 0],
        [0, 0],
      ]),
    ).toThrow(/cannot pad the bounded axis/);
    const ids = x.graph.input("ids", { shape: [8], dtype: "i32", bound: { name: "tokens", times: 8 } });
    const table = x.graph.input("table", { shape: [5, 3], dtype: "f64" });
    expect(ops.take(table, ids).bound).toEqual({ name: "tokens", times: 8 });
    const heads = x.graph.input("heads", { shape: [2], dtype: "i32" });
    expect(ops.take(x, heads).bound).toBeUndefined();
    expect(() => ops.take(table, ids, 1)).toThrow(/axis 0 only/);
  });

  test.each([0, 1, 5, 8])("values and gradients follow a live length of %i", (live) => {
    const tokens = { name: "tokens", times: 1 };
    const [table, weights] = [randomNd([5, 3], 1), randomNd([8, 6], 2)];
    const ids = [0, 4, 2, 2, 1, 3, 0, 4];
    const loss = (t: Tensor, i: Tensor, w: Tensor, column: Tensor) => {
      const rows = ops.concat([ops.take(t, i), ops.slice(w, [0, 1], [undefined, 4])], 1);
      const padded = ops.pad(ops.flip(rows, 1), [
        [0, 0],
        [1, 2],
      ]);
      return ops.sum(ops.mul(ops.gather(padded, column, 1), ops.gather(w, column, 1)));
    };
    const graphOf = (extent: number, bounded: boolean) => {
      const bound = bounded ? { bound: tokens } : {};
      const specs = {
        t: { shape: [5, 3], dtype: "f64" as const },
        i: { shape: [extent], dtype: "i32" as const, ...bound },
        w: { shape: [extent, 6], dtype: "f64" as const, ...bound },
        c: { shape: [extent, 2], dtype: "i32" as const, ...bound },
      };
      return traceFunction(specs, ({ t, i, w, c }) => {
        const value = loss(t as Tensor, i as Tensor, w as Tensor, c as Tensor);
        return [value, ...gradients(value, [t as Tensor, w as Tensor])];
      });
    };
    const feed = (graph: Graph) => {
      const [t, i, w, c] = [...graph.inputs.values()] as [Tensor, Tensor, Tensor, Tensor];
      const columns = Array.from({ length: 2 * live }, (_, k) => (5 * k) % 6);
      return new Map([
        [t, table],
        [i, nd([live], ids.slice(0, live), "i32")],
        [w, nd([live, 6], weights.data.subarray(0, 6 * live))],
        [c, nd([live, 2], columns, "i32")],
      ]);
    };
    const [wide, exact] = [graphOf(8, true), graphOf(live, false)];
    const got = interpret(wide.graph, wide.result, feed(wide.graph), { live: new Map([["tokens", live]]) });
    const want = interpret(exact.graph, exact.result, feed(exact.graph));
    want.forEach((y, k) => {
      expect(got[k]?.shape).toEqual(y.shape);
      expectClose((got[k] as NdArray).data, y.data, 1e-14);
    });
  });
});

describeShared("goldens of PyTorch", "golden/ops", (folder) => {
  const golden = (name: string, names: string[], f: (...xs: Tensor[]) => Tensor) =>
    test(name, () => compareGolden(`${folder}/${name}.safetensors`, names, f));
  for (const dim of [0, 1, 2]) {
    golden(`gather.dim${dim}`, ["x", "index"], (x, index) => ops.gather(x as Tensor, index as Tensor, dim));
    golden(`scatter_add.dim${dim}`, ["x", "index", "src"], (x, index, values) =>
      ops.scatterAdd(x as Tensor, index as Tensor, values as Tensor, dim),
    );
  }
  golden("embedding.plain", ["ids", "table"], (ids, table) => ops.embedding(ids as Tensor, table as Tensor));
  golden("embedding.padding_idx", ["ids", "table"], (ids, table) => ops.embedding(ids as Tensor, table as Tensor, { paddingIndex: 0 }));
});
