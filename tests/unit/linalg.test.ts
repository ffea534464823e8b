// Linear algebra on the reference backend: cases against central differences, identities of each decomposition, second derivatives, PyTorch's goldens.
import { describe, expect, test } from "vitest";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { checkGradient, grad, hessian } from "../../packages/engine/src/transforms/index.js";
import { describeShared } from "../support/shared.js";
import { checkBatch, checkCase, compareGolden, expectClose, nd, randomNd, run, runNd } from "./transforms-support.js";

const checked: readonly Op[] = [
  ops.choleskyOp,
  ops.eighOp,
  ops.luFactorOp,
  ops.luSolveOp,
  ops.qrOp,
  ops.triangularSolveOp,
] as readonly Op[];

for (const op of checked) {
  describe(op.name, () => {
    for (const single of op.cases()) {
      test(`case ${single.name}`, () => checkCase(op, single, 1e-5));
      if (single.name !== "indefinite") test(`batch of ${single.name}`, () => checkBatch(op, single));
    }
  });
}

const spd = [
  [4, 1, 0.5],
  [1, 3, -0.2],
  [0.5, -0.2, 2],
];
const general = [
  [0.1, 2, -1],
  [1.5, 0.3, 0.7],
  [-0.4, 1, 1.2],
];
/** det of the two above, by cofactors. */
const detGeneral = 0.1 * (0.3 * 1.2 - 0.7) - 2 * (1.5 * 1.2 + 0.7 * 0.4) - (1.5 + 0.3 * 0.4);
const detSpd = 4 * (6 - 0.04) - (2 + 0.1) + 0.5 * (-0.2 - 1.5);
const flat = (rows: number[][]) => rows.flat();

describe("identities", () => {
  test("L Lᵀ is the matrix, and zero above the diagonal", () => {
    expectClose(
      run((a) => ops.matmul(ops.cholesky(a), ops.cholesky(a), { transposeB: true }), spd),
      flat(spd),
      1e-14,
    );
    const l = run(ops.cholesky, spd);
    expect([l[1], l[2], l[5]]).toEqual([0, 0, 0]);
  });

  test("a matrix that is not positive definite, or not finite, gives NaN throughout and leaves its batch alone", () => {
    const [l] = runNd(ops.cholesky, nd([3, 2, 2], [1, 2, 2, 1, 4, 0, 0, 9, 1, Number.NaN, Number.NaN, 1])) as [NdArray];
    expect([...l.data]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      2,
      0,
      0,
      3,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  test("solve, its transpose, vectors, broadcasting, inverse", () => {
    const b = [
      [1, -2],
      [0.5, 3],
      [2, 0],
    ];
    expectClose(
      run((a, x) => ops.matmul(a, ops.solve(a, x)), general, b),
      flat(b),
      1e-13,
    );
    expectClose(
      run((a, x) => ops.matmul(a, ops.solve(a, x, { transpose: true }), { transposeA: true }), general, b),
      flat(b),
      1e-13,
    );
    expectClose(
      run((a, x) => ops.matmul(a, ops.solve(a, x)), general, [1, 2, 3]),
      [1, 2, 3],
      1e-13,
    );
    expectClose(
      run((a) => ops.matmul(a, ops.inverse(a)), general),
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      1e-13,
    );
    const many = randomNd([4, 3, 2]);
    const [x] = runNd((a, m) => ops.solve(a, m), nd([3, 3], flat(general)), many) as [NdArray];
    const [back] = runNd((a, m) => ops.matmul(a, m), nd([3, 3], flat(general)), x) as [NdArray];
    expect(x.shape).toEqual([4, 3, 2]);
    expectClose(back.data, many.data, 1e-13);
  });

  test("determinants: sign, logarithm, singular", () => {
    expectClose(run(ops.det, general), [detGeneral], 1e-14);
    expectClose(
      run((a) => ops.slogdet(a).sign, general),
      [Math.sign(detGeneral)],
    );
    expectClose(
      run((a) => ops.slogdet(a).logAbs, general),
      [Math.log(Math.abs(detGeneral))],
      1e-14,
    );
    expect(run((a) => ops.logdet(a), general)).toEqual([Number.NaN]);
    expectClose(
      run((a) => ops.logdet(a), spd),
      [Math.log(detSpd)],
      1e-14,
    );
    expectClose(
      run((a) => ops.logdet(a, { positiveDefinite: true }), spd),
      [Math.log(detSpd)],
      1e-14,
    );
    expectClose(
      run(
        (a) => [ops.slogdet(a).sign],
        [
          [1, 2],
          [2, 4],
        ],
      ),
      [0],
    );
    expect(
      run(
        (a) => [ops.slogdet(a).logAbs],
        [
          [1, 2],
          [2, 4],
        ],
      ),
    ).toEqual([-Infinity]);
  });

  test("QR: orthonormal, triangular, and the product is the matrix", () => {
    for (const shape of [
      [5, 3],
      [3, 5],
      [4, 4],
      [2, 6, 2],
    ]) {
      const a = randomNd(shape, 3);
      const [q, r, product, gram] = runNd((x) => {
        const { q: orthonormal, r: triangle } = ops.qr(x);
        return [orthonormal, triangle, ops.matmul(orthonormal, triangle), ops.matmul(orthonormal, orthonormal, { transposeA: true })];
      }, a) as [NdArray, NdArray, NdArray, NdArray];
      const k = Math.min(...shape.slice(-2));
      expect(q.shape.at(-1)).toBe(k);
      expectClose(product.data, a.data, 1e-13);
      gram.data.forEach((v, i) => {
        expectClose([v], [Math.floor(i / k) % k === i % k ? 1 : 0], 1e-13);
      });
      const n = shape.at(-1) as number;
      r.data.forEach((v, i) => {
        if (Math.floor(i / n) % k > i % n) expect(v).toBe(0);
      });
    }
  });

  test("eigenvectors diagonalise; values ascend; degenerate and extreme matrices", () => {
    const a = randomNd([6, 6], 5);
    const [w, v, back] = runNd((x) => {
      const { values, vectors } = ops.eigh(x);
      return [values, vectors, ops.matmul(ops.mul(vectors, ops.expandDims(values, -2)), vectors, { transposeB: true })];
    }, a) as [NdArray, NdArray, NdArray];
    expect([...w.data]).toEqual([...w.data].sort((x, y) => x - y));
    back.data.forEach((x, i) => {
      expectClose([x], [((a.data[i] as number) + (a.data[(i % 6) * 6 + Math.floor(i / 6)] as number)) / 2], 1e-13);
    });
    for (let c = 0; c < 6; c++) {
      const column = Array.from({ length: 6 }, (_, r) => v.data[r * 6 + c] as number);
      expect(column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best))).toBeGreaterThan(0);
    }
    expectClose(
      run(ops.eigvalsh, [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ]),
      [2, 2, 2],
      1e-15,
    );
    expectClose(
      run(ops.eigvalsh, [
        [0, 1],
        [1, 0],
      ]),
      [-1, 1],
      1e-15,
    );
    // Graded: the small eigenvalue keeps its relative accuracy.
    expectClose(
      run(
        (x) => ops.eigvalsh(x),
        [
          [1e12, 1e3],
          [1e3, 1],
        ],
      ).map((x) => x * 1),
      [1 - 1e-6, 1e12 + 1e-6],
      1e-12,
    );
    expect(
      run(ops.eigvalsh, [
        [1, Number.NaN],
        [0, 1],
      ]),
    ).toEqual([Number.NaN, Number.NaN]);
  });
});

describe("derivatives", () => {
  const gradientOf = (f: (a: Tensor) => Tensor, a: number[][]) => run((x) => grad((y: Tensor) => ops.sum(f(y)))(x), a);

  test("log-determinants: the inverse, transposed", () => {
    const transposedInverse = run((a) => ops.transpose(ops.inverse(a)), general);
    expectClose(
      gradientOf((a) => ops.slogdet(a).logAbs, general),
      transposedInverse,
      1e-13,
    );
    expectClose(
      gradientOf(ops.det, general),
      transposedInverse.map((x) => x * detGeneral),
      1e-13,
    );
    expectClose(
      gradientOf((a) => ops.logdet(a, { positiveDefinite: true }), spd),
      run(ops.inverse, spd),
      1e-13,
    );
  });

  test("eigenvalues of a degenerate matrix have a finite gradient", () => {
    expectClose(
      gradientOf(ops.eigvalsh, [
        [2, 0],
        [0, 2],
      ]),
      [1, 0, 0, 1],
      1e-14,
    );
  });

  test("chi-squared by Cholesky agrees with chi-squared by solve, values, gradients and Hessians", () => {
    const residual = [0.3, -0.7, 1.1];
    const byCholesky = (s: Tensor, r: Tensor) => {
      const c = ops.mul(s, ops.add(r, 0));
      const z = ops.triangularSolve(ops.cholesky(covariance(s)), c);
      return ops.sum(ops.mul(z, z));
    };
    const bySolve = (s: Tensor, r: Tensor) => {
      const c = ops.mul(s, ops.add(r, 0));
      return ops.sum(ops.mul(c, ops.solve(covariance(s), c)));
    };
    const covariance = (s: Tensor) =>
      ops.add(ops.diagEmbed(ops.mul(s, s)), ops.mul(ops.expandDims(s, 0), ops.mul(ops.expandDims(s, 1), 0.2)));
    const at = [1, 2, 0.5];
    for (const transform of [(f: typeof bySolve) => f, (f: typeof bySolve) => grad(f), (f: typeof bySolve) => hessian(f)]) {
      expectClose(
        run((s, r) => transform(byCholesky)(s, r), at, residual),
        run((s, r) => transform(bySolve)(s, r), at, residual),
        1e-11,
      );
    }
  });

  test("second derivatives by central differences of the gradient", () => {
    const weights = (y: Tensor) => ops.sum(ops.mul(ops.mul(y, y), y));
    const second = (f: (a: Tensor) => Tensor) => (a: Tensor) => grad((x: Tensor) => weights(f(x)))(a);
    checkGradient(second(ops.cholesky), [spd]);
    checkGradient(
      second((a) => ops.inverse(a)),
      [general],
      { tolerance: 1e-5 },
    );
    checkGradient(
      second((a) => ops.qr(a).r),
      [general],
    );
    checkGradient(
      second((a) => ops.qr(a).q),
      [general],
    );
    checkGradient(
      second((a) => ops.eigh(a).vectors),
      [spd],
    );
    checkGradient(
      second((a) => ops.eigh(a).values),
      [spd],
    );
    checkGradient(
      second((a) => ops.slogdet(a).logAbs),
      [general],
    );
    checkGradient(
      (a, b) => grad((x: Tensor) => weights(ops.triangularSolve(x, b, { lower: false, left: false, transpose: true })))(a),
      [spd, [[1, 2, 3]]],
    );
  });
});

describe("refuses", () => {
  test.each<[RegExp, (a: Tensor) => Tensor]>([
    [/cholesky: needs a square matrix — got \[2, 3\]/, ops.cholesky],
    [/eigh: needs a square matrix/, ops.eigvalsh],
    [/needs a square matrix/, ops.det],
    [/solve: .*do not fit|square/, (a) => ops.solve(a, a)],
    [/triangularSolve: needs a square matrix/, (a) => ops.triangularSolve(a, a)],
    [/cholesky: needs floating-point numbers — got i32/, () => ops.cholesky(ops.zeros([2, 2], "i32"))],
    [/qr: needs a matrix — got \[6\]/, (a) => ops.qr(ops.flatten(a)).q],
    [/luFactor: has no gradient of its own/, (a) => grad((x: Tensor) => ops.sum(ops.luFactor(ops.slice(x, [0, 0], [2, 2])).lu))(a)],
  ])("%s", (message, f) => {
    expect(() => runNd(f, randomNd([2, 3]))).toThrow(message);
  });
});

describeShared("goldens of PyTorch", "golden/ops", (folder) => {
  const golden = (name: string, names: string[], f: (...xs: Tensor[]) => Tensor, tolerance?: number) =>
    test(name, () => compareGolden(`${folder}/${name}.safetensors`, names, f, tolerance));
  for (const n of ["n5", "n17"]) {
    golden(`cholesky.${n}`, ["x"], (x) => ops.cholesky(x as Tensor));
    golden(`eigvalsh.${n}`, ["x"], (x) => ops.eigvalsh(x as Tensor));
    for (const [name, attrs] of [
      ["lower", {}],
      ["upper", { lower: false }],
      ["right", { left: false }],
      ["unit", { unit: true }],
    ] as const) {
      golden(`solve_triangular.${n}_${name}`, ["a", "b"], (a, b) => ops.triangularSolve(a as Tensor, b as Tensor, attrs));
    }
  }
});
