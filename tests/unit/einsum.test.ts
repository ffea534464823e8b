// einsum against a loop over all index tuples, its gradient, the order in which it multiplies, and what it says about bad equations.
import { expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { type Shape, sizeOf, stridesOf } from "../../packages/engine/src/shape.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { randoms } from "../support/ops-cases.js";

function trace<R>(shapes: readonly Shape[], f: (xs: Tensor[]) => R) {
  const specs = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, { shape, dtype: "f64" as const }]));
  const { graph, result } = traceFunction(specs, (inputs) => f(Object.values(inputs)));
  const next = randoms(5);
  const feeds = new Map<Tensor, NdArray>(
    [...graph.inputs.values()].map((x) => [
      x,
      { shape: x.shape, dtype: "f64", data: Float64Array.from({ length: x.size }, () => 2 * next() - 1) },
    ]),
  );
  return { graph, result, feeds };
}

/** The sum over all tuples of all symbols; `terms` and `output` list the symbols without ellipses. */
function naive(terms: readonly string[], output: string, arrays: readonly NdArray[]): NdArray {
  const symbols = [...new Set(terms.join(""))];
  const extent = (symbol: string) =>
    Math.max(...terms.flatMap((term, i) => [...term].map((s, a) => (s === symbol ? (arrays[i]?.shape[a] ?? 0) : 0))));
  const all = symbols.map(extent);
  const shape = [...output].map(extent);
  const y = { shape, dtype: "f64" as const, data: new Float64Array(sizeOf(shape)) };
  const strides = stridesOf(all);
  const offset = (term: string, own: Shape, tuple: readonly number[]) =>
    [...term].reduce(
      (at, symbol, axis) => at * (own[axis] as number) + (own[axis] === 1 ? 0 : (tuple[symbols.indexOf(symbol)] as number)),
      0,
    );
  for (let flat = 0; flat < sizeOf(all); flat++) {
    const tuple = all.map((n, i) => Math.floor(flat / (strides[i] as number)) % n);
    const product = terms.reduce((p, term, i) => p * (arrays[i]?.data[offset(term, arrays[i]?.shape as Shape, tuple)] as number), 1);
    const at = offset(output, shape, tuple);
    y.data[at] = (y.data[at] as number) + product;
  }
  return y;
}

const CASES: readonly (readonly [string, string, string, readonly Shape[]])[] = [
  [
    "ij,jk->ik",
    "ij,jk",
    "ik",
    [
      [3, 4],
      [4, 5],
    ],
  ],
  [
    "ij,jk",
    "ij,jk",
    "ik",
    [
      [3, 4],
      [4, 5],
    ],
  ],
  ["ba", "ba", "ab", [[3, 4]]],
  ["ii", "ii", "", [[4, 4]]],
  ["iij->ji", "iij", "ji", [[3, 3, 5]]],
  ["iii->i", "iii", "i", [[3, 3, 3]]],
  ["ii,i->i", "ii,i", "i", [[4, 4], [4]]],
  ["ij->", "ij", "", [[3, 4]]],
  ["i,j->ji", "i,j", "ji", [[3], [4]]],
  ["i,i,i->i", "i,i,i", "i", [[7], [7], [7]]],
  [
    " b i j , b j k -> b k i ",
    "bij,bjk",
    "bki",
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  [
    "...ij,...jk->...ik",
    "abij,bjk",
    "abik",
    [
      [2, 3, 4, 5],
      [3, 5, 2],
    ],
  ],
  [
    "...ij,...jk",
    "abij,abjk",
    "abik",
    [
      [2, 3, 4, 5],
      [2, 3, 5, 2],
    ],
  ],
  ["i...->...", "iab", "ab", [[3, 4, 5]]],
  ["i...->i", "iab", "i", [[3, 4, 5]]],
  ["...,...->...", "ab,b", "ab", [[3, 4], [4]]],
  ["...", "ab", "ab", [[3, 4]]],
  ["...i,j->j...", "i,j", "j", [[3], [4]]],
  ["ij,j->ij", "ij,j", "ij", [[3, 1], [4]]],
  [
    "ij,jk->ik",
    "ij,jk",
    "ik",
    [
      [3, 1],
      [4, 5],
    ],
  ],
  [
    "ij,jk,kl,lm->im",
    "ij,jk,kl,lm",
    "im",
    [
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 2],
    ],
  ],
  [
    "abc,abd,ace->de",
    "abc,abd,ace",
    "de",
    [
      [2, 3, 4],
      [2, 3, 5],
      [2, 4, 6],
    ],
  ],
  [
    "AaB,aB->BA",
    "AaB,aB",
    "BA",
    [
      [2, 3, 4],
      [3, 4],
    ],
  ],
  [
    "ij,jk->ik",
    "ij,jk",
    "ik",
    [
      [0, 4],
      [4, 5],
    ],
  ],
  [
    "ij,jk->ik",
    "ij,jk",
    "ik",
    [
      [3, 0],
      [0, 5],
    ],
  ],
  [",ij->ij", ",ij", "ij", [[], [2, 3]]],
];

test.each(CASES)("%s of %s, %s", (equation, terms, output, shapes) => {
  const { graph, result, feeds } = trace(shapes, (xs) => {
    const y = ops.einsum(equation, ...xs);
    const z = ops.sum(ops.square(y));
    return [y, ...gradients(z, xs)];
  });
  const [got, ...slopes] = interpret(graph, result, feeds);
  const arrays = [...feeds.values()];
  const want = naive(terms.split(","), output, arrays);
  expect(got?.shape).toEqual(want.shape);
  want.data.forEach((w, i) => expect(got?.data[i]).toBeCloseTo(w, 13));
  // d Σ y² / d x along x itself is 2 Σ y²: the equation is linear in each operand.
  const total = want.data.reduce((sum, v) => sum + v * v, 0);
  slopes.forEach((slope, i) => {
    const along = slope.data.reduce((sum, v, k) => sum + v * (arrays[i]?.data[k] as number), 0);
    expect(along).toBeCloseTo(2 * total, 12);
  });
});

test("the cheap product comes first", () => {
  // (x y) A would make a 40 × 40 matrix; x (y A) two vectors.
  const { graph } = trace([[40], [40, 30], [30]], ([x, a, y]) => ops.einsum("i,ij,j->", x as Tensor, a as Tensor, y as Tensor));
  expect(Math.max(...graph.nodes.flatMap((node) => node.outputs.map((y) => y.size)))).toBe(40);
  const chain = trace(
    [
      [50, 2],
      [2, 50],
      [50, 3],
    ],
    ([a, b, c]) => ops.einsum("ij,jk,kl->il", a as Tensor, b as Tensor, c as Tensor),
  );
  expect(chain.graph.nodes.filter((node) => node.op.name === "matmul").map((node) => node.outputs[0]?.shape)).toEqual([
    [2, 3],
    [50, 3],
  ]);
});

test("a symbol of one operand is summed before the product", () => {
  const { graph } = trace(
    [
      [3, 4, 5],
      [3, 7],
    ],
    ([a, b]) => ops.einsum("bij,bk->ik", a as Tensor, b as Tensor),
  );
  expect(graph.nodes[0]?.op.name).toBe("sum");
});

const BAD: readonly (readonly [string, readonly Shape[], string, RegExp])[] = [
  ["ij,jk->ik", [[3, 4]], "ARGUMENT", /operands differ in number/],
  ["ij->ijk", [[3, 4]], "ARGUMENT", /"k" of the result is in no operand/],
  ["ij->ii", [[3, 4]], "ARGUMENT", /"i" twice in the result/],
  ["i1->i", [[3, 4]], "ARGUMENT", /"1" is no symbol/],
  ["i.j->i", [[3, 4]], "ARGUMENT", /"\." is no symbol/],
  ["ij->i->j", [[3, 4]], "ARGUMENT", /more than one "->"/],
  ["ijk->i", [[3, 4]], "ARGUMENT", /operand 0 has not the axes that "ijk" names/],
  ["i->i", [[3, 4]], "ARGUMENT", /operand 0 has not the axes/],
  ["...ijk->i", [[3, 4]], "ARGUMENT", /operand 0 has not the axes/],
  ["...i...->i", [[3, 4]], "ARGUMENT", /two ellipses/],
  ["ii->i", [[3, 4]], "ARGUMENT", /"i" names axes of unlike extent/],
  [
    "ij,jk->ik",
    [
      [3, 4],
      [5, 6],
    ],
    "SHAPE",
    /"j" has two extents/,
  ],
  [
    "...i,...i->...",
    [
      [3, 4],
      [2, 4],
    ],
    "SHAPE",
    /two extents/,
  ],
];

test.each(BAD)("refuses %s", (equation, shapes, code, message) => {
  const error = (() => {
    try {
      trace(shapes, (xs) => ops.einsum(equation, ...xs));
    } catch (caught) {
      return caught as TetradError;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(TetradError);
  expect(error?.code).toBe(code);
  expect(error?.message).toMatch(message);
});

test("refuses integers", () => {
  expect(() => traceFunction({ x: { shape: [3, 3], dtype: "i32" } }, ({ x }) => ops.einsum("ij->ji", x as Tensor))).toThrow(
    /floating-point/,
  );
});
