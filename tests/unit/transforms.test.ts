// Functions of functions: derivatives against known formulas, vmap against loops, checkpoint against the plain function, scan against its unrolled self.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { Op } from "../../packages/engine/src/op.js";
import { add } from "../../packages/engine/src/ops/add.js";
import { cos } from "../../packages/engine/src/ops/cos.js";
import { div } from "../../packages/engine/src/ops/div.js";
import { exp } from "../../packages/engine/src/ops/exp.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { log } from "../../packages/engine/src/ops/log.js";
import { matmul } from "../../packages/engine/src/ops/matmul.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { scan, scanOp } from "../../packages/engine/src/ops/scan.js";
import { sin } from "../../packages/engine/src/ops/sin.js";
import { sub } from "../../packages/engine/src/ops/sub.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { tanh } from "../../packages/engine/src/ops/tanh.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { apply, constant, traceFunction } from "../../packages/engine/src/trace.js";
import {
  checkGradient,
  checkpoint,
  customGradient,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  valueAndGrad,
  vmap,
} from "../../packages/engine/src/transforms/index.js";
import { checkBatch, checkCase, expectClose, nd, randomNd, run, runNd } from "./transforms-support.js";

const square = (x: Tensor) => mul(x, x);
/** Rosenbrock's function of (x, y). */
const rosenbrock = (p: Tensor) => {
  const [x, y] = [ops.select(p, 0, 0), ops.select(p, 0, 1)];
  return add(square(sub(1, x)), mul(100, square(sub(y, square(x)))));
};
const shapeOf = (x: NdArray | undefined) => x?.shape;

describe("grad and valueAndGrad", () => {
  test("Rosenbrock", () => {
    const both = valueAndGrad(rosenbrock);
    const [value, slope] = runNd((p) => [both(p).value, both(p).grad], nd([2], [-1.2, 1])) as [NdArray, NdArray];
    expectClose(value.data, [24.2], 1e-14);
    expectClose(slope.data, [-215.6, -88], 1e-14);
  });

  test("records and arrays keep their structure, and the rest is passed through", () => {
    const f = (p: { w: Tensor; inner: readonly [Tensor, Tensor] }, scale: Tensor, power: number) => {
      let y = mul(mul(p.w, p.inner[0]), scale);
      for (let i = 1; i < power; i++) y = mul(y, p.inner[1]);
      return sum(y);
    };
    const { graph, result } = traceFunction({ a: { shape: [2], dtype: "f64" }, b: { shape: [], dtype: "f64" } }, ({ a, b }) =>
      grad(f)({ w: a as Tensor, inner: [b as Tensor, b as Tensor] }, b as Tensor, 3),
    );
    expect(Object.keys(result)).toEqual(["w", "inner"]);
    const [a, b] = [...graph.inputs.values()] as [Tensor, Tensor];
    const [w, first, second] = interpret(
      graph,
      [result.w, ...result.inner],
      new Map([
        [a, nd([2], [2, 3])],
        [b, nd([], [5])],
      ]),
    ) as [NdArray, NdArray, NdArray];
    // Σ w b·b·b², differentiated by each place of b on its own.
    expectClose(w.data, [625, 625]);
    expectClose(first.data, [5 * 125]);
    expectClose(second.data, [5 * 2 * 125]);
  });

  test("only the function's own use of an argument counts", () => {
    expectClose(
      run((x) => grad((y: Tensor) => sum(mul(y, x)))(x), [3, 4]),
      [3, 4],
    );
  });

  test("a function that ignores its argument has a gradient of zeros", () => {
    expect(run((x) => grad((_: Tensor) => sum(mul(x, x)))(x), [3, 4])).toEqual([0, 0]);
  });

  test("grad of grad of grad", () => {
    const third = grad((x: Tensor) => grad((y: Tensor) => grad((z: Tensor) => sin(z))(y))(x));
    expectClose(run(third, 0.7), [-Math.cos(0.7)], 1e-14);
  });

  test("refuses what has no gradient", () => {
    expect(() => run((x) => grad((y: Tensor) => y)(x), [1, 2])).toThrow(/grad: the function must return one number — got \[2\].*jacobian/);
    expect(() => runNd((x) => grad((y: Tensor) => sum(y))(x), nd([1], [1], "i32"))).toThrow(/floating-point/);
    expect(() => run(() => grad(sin)(3))).toThrow(/grad: no tensor among the arguments/);
    expect(() => run((x) => grad((y: Tensor) => y)("x" as unknown as typeof x))).toThrow(/must be tensors/);
  });
});

describe("second order", () => {
  test("Hessian of Rosenbrock", () => {
    expectClose(run(hessian(rosenbrock), [-1.2, 1]), [1330, 480, 480, 200], 1e-13);
  });

  test("Hessian of a quadratic form is its matrix, of a scalar a scalar", () => {
    const q = [
      [2, -1, 0.5],
      [-1, 3, 0.25],
      [0.5, 0.25, 1],
    ];
    expectClose(
      run((m, x) => hessian((y: Tensor) => mul(0.5, sum(mul(y, matmul(m, y)))))(x), q, [1, 2, 3]),
      q.flat(),
      1e-14,
    );
    const [h] = runNd((x) => hessian((y: Tensor) => exp(y))(x), nd([], [0.3])) as [NdArray];
    expect(h.shape).toEqual([]);
    expectClose(h.data, [Math.exp(0.3)], 1e-14);
  });

  test("Hessian of a Gaussian log-likelihood with a curved model, rest passed through", () => {
    // −½ Σ ((y − a exp(b x))/σ)² by (a, b), by hand.
    const [a, b, sigma] = [1.5, 0.4, 0.2];
    const [xs, ys] = [
      [0, 0.5, 1, 2],
      [1.4, 2, 2.1, 3.5],
    ];
    const f = (p: Tensor, x: Tensor, y: Tensor) =>
      mul(-0.5, sum(square(div(sub(y, mul(ops.select(p, 0, 0), exp(mul(ops.select(p, 0, 1), x)))), sigma))));
    let [aa, ab, bb] = [0, 0, 0];
    xs.forEach((x, i) => {
      const e = Math.exp(b * x);
      const r = (ys[i] as number) - a * e;
      aa -= (e * e) / sigma ** 2;
      ab -= (a * e * x * e - r * x * e) / sigma ** 2;
      bb -= (a * x * e * a * x * e - r * a * x * x * e) / sigma ** 2;
    });
    expectClose(
      run((p, x, y) => hessian(f)(p, x, y), [a, b], xs, ys),
      [aa, ab, ab, bb],
      1e-12,
    );
  });

  test("hvp is the Hessian times the vector; a hundred parameters in one batch", () => {
    const n = 100;
    const f = (x: Tensor) => sum(mul(sin(x), mul(sum(x), x)));
    const [x, v] = [randomNd([n], 3), randomNd([n], 4)];
    const [h, product] = runNd((p, d) => [hessian(f)(p), hvp(f)(p, d)], x, v) as [NdArray, NdArray];
    expect(h.shape).toEqual([n, n]);
    const expected = Array.from({ length: n }, (_, i) => v.data.reduce((total, d, j) => total + d * (h.data[i * n + j] as number), 0));
    expectClose(product.data, expected, 1e-11);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) expectClose([h.data[i * n + j] as number], [h.data[j * n + i] as number], 1e-12);
  });

  test("an op without a batch rule falls back to a loop, and leaves nothing behind", () => {
    const plain: Op<Record<string, never>> = {
      ...(ops.identityOp as Op<Record<string, never>>),
      name: "unbatched",
      gradient: ({ dy }) => [apply(plain, [dy], {})],
    };
    const { batch: _, ...withoutBatch } = plain;
    const op: Op<Record<string, never>> = { ...withoutBatch, gradient: ({ dy }) => [apply(op, [dy], {})] };
    const f = (x: Tensor) => sum(mul(square(apply(op, [x], {})), x));
    expectClose(run(hessian(f), [1, 2]), [6, 0, 0, 12]);
    expect(() => run((x) => vmap((y: Tensor) => apply(op, [y], {}))(x), [1, 2])).toThrow(
      /vmap: the op "unbatched" has no batch rule \(at .*transforms\.test\.ts:\d+\)/,
    );
  });

  test("jacobian by rows and by columns", () => {
    const up = (x: Tensor) => ops.concat([square(x), ops.reshape(sum(x), [1])], 0);
    const [tall] = runNd(jacobian(up), nd([2], [3, 4])) as [NdArray];
    expect(tall.shape).toEqual([3, 2]);
    expectClose(tall.data, [6, 0, 0, 8, 1, 1]);
    const [wide] = runNd(
      jacobian((x: Tensor) => ops.reshape(sum(square(x)), [1])),
      nd([2, 2], [1, 2, 3, 4]),
    ) as [NdArray];
    expect(wide.shape).toEqual([1, 2, 2]);
    expectClose(wide.data, [2, 4, 6, 8]);
    expectClose(
      run((x) => jacobian(sum)(x), [1, 2]),
      [1, 1],
    );
    expect(
      shapeOf(
        runNd(
          jacobian((x: Tensor) => matmul(x, x)),
          randomNd([2, 2]),
        )[0],
      ),
    ).toEqual([2, 2, 2, 2]);
  });

  test("jvp: value and tangent of nested results, against the Jacobian", () => {
    const f = (p: { x: Tensor; y: Tensor }) => ({ product: mul(p.x, p.y), rest: [sin(p.x)] });
    const out = runNd(
      (x, y, u, v) => {
        const { value, tangent } = jvp(f)({ x, y }, { x: u, y: v });
        return [value.product, tangent.product, ...tangent.rest];
      },
      nd([2], [1, 2]),
      nd([2], [3, 4]),
      nd([2], [0.5, -1]),
      nd([2], [2, 0.25]),
    ) as NdArray[];
    expectClose((out[0] as NdArray).data, [3, 8]);
    expectClose((out[1] as NdArray).data, [0.5 * 3 + 2, -4 + 0.5]);
    expectClose((out[2] as NdArray).data, [0.5 * Math.cos(1), -Math.cos(2)], 1e-14);
    expect(() => run((x) => jvp(sin)(x, ops.select(x, 0, 0)).tangent, [1, 2])).toThrow(/jvp: the tangent differs from the argument/);
  });
});

describe("vmap", () => {
  /** vmap of f over axis 0 of every input equals a loop. */
  function agrees(f: (...xs: Tensor[]) => Tensor, ...inputs: NdArray[]): void {
    const extent = inputs[0]?.shape[0] as number;
    const [together] = runNd((...xs) => vmap(f)(...xs), ...inputs) as [NdArray];
    const each = Array.from(
      { length: extent },
      (_, k) =>
        runNd(
          f,
          ...inputs.map((x) =>
            nd(x.shape.slice(1), x.data.slice(k * sizeOf(x.shape.slice(1)), (k + 1) * sizeOf(x.shape.slice(1))), x.dtype),
          ),
        )[0] as NdArray,
    );
    expect(together.shape).toEqual([extent, ...(each[0]?.shape ?? [])]);
    expectClose(
      together.data,
      each.flatMap((y) => [...y.data]),
      1e-12,
    );
  }

  test("element-wise ops align ranks behind the new axis", () => {
    const outer = nd([3], [1, 2, 3]);
    agrees((x, y) => add(x, y), randomNd([4]), randomNd([4, 2, 3], 2));
    agrees((x, y) => mul(y, x), randomNd([4, 3], 5), randomNd([4, 2, 1], 2));
    const [y] = runNd((x, o) => vmap((row: Tensor) => add(mul(row, o), 1))(x), randomNd([2, 3]), outer) as [NdArray];
    expectClose(
      y.data,
      [...randomNd([2, 3]).data].map((v, i) => v * ((i % 3) + 1) + 1),
    );
  });

  test("matmul, solve, reductions, shape ops, and gradients inside", () => {
    agrees((a, b) => matmul(a, b), randomNd([3, 2, 4]), randomNd([3, 4, 5], 2));
    agrees((a, b) => matmul(a, b, { transposeA: true }), randomNd([3, 4, 2]), randomNd([3, 4], 2));
    agrees((a, b) => ops.solve(a, b), randomNd([3, 4, 4]), randomNd([3, 4], 2));
    agrees((a) => ops.inverse(add(a, ops.eye(3, 3, "f64"))), randomNd([2, 3, 3]));
    agrees((a) => ops.slogdet(a).logAbs, randomNd([3, 4, 4]));
    agrees((a) => ops.diagEmbed(ops.tile(ops.flip(a), [2])), randomNd([2, 3]));
    agrees((x) => grad((y: Tensor) => sum(mul(sin(y), y)))(x), randomNd([5, 3]));
    agrees((x) => hessian((y: Tensor) => sum(mul(sin(y), mul(sum(y), y))))(x), randomNd([3, 4]));
    agrees((x) => grad((y: Tensor) => ops.slogdet(y).logAbs)(x), randomNd([3, 3, 3]));
    agrees((x) => hessian((y: Tensor) => ops.slogdet(ops.reshape(y, [2, 2])).logAbs)(x), randomNd([3, 4]));
  });

  test("nested, other axes, shared arguments, constant results, nothing to map", () => {
    const [table] = runNd(
      (x, y) => vmap((a: Tensor) => vmap((b: Tensor) => sub(a, mul(2, b)))(y))(x),
      nd([2], [1, 2]),
      nd([3], [10, 20, 30]),
    ) as [NdArray];
    expect(table.shape).toEqual([2, 3]);
    expectClose(table.data, [-19, -39, -59, -18, -38, -58]);
    expectClose(
      run(
        (x) => vmap((c: Tensor) => sum(c), 1)(x),
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
      [5, 7, 9],
    );
    expectClose(
      run(
        (x, s) => vmap((r: Tensor, k: Tensor) => mul(sum(r), k), [0, null])(x, s),
        [
          [1, 2],
          [3, 4],
        ],
        10,
      ),
      [30, 70],
    );
    const [fixed] = runNd((x) => vmap((_: Tensor) => ops.ones([2], "f64"))(x), randomNd([3])) as [NdArray];
    expect(fixed.shape).toEqual([3, 2]);
    const [none] = runNd((x) => vmap((r: Tensor) => sum(square(r)))(x), nd([0, 4], [])) as [NdArray];
    expect(none.shape).toEqual([0]);
  });

  test("records in and out", () => {
    const [a, b] = runNd(
      (x) => {
        const out = vmap((p: { x: Tensor }) => ({ twice: mul(p.x, 2), all: [sum(p.x)] }))({ x });
        return [out.twice, ...out.all];
      },
      nd([2, 2], [1, 2, 3, 4]),
    ) as [NdArray, NdArray];
    expectClose(a.data, [2, 4, 6, 8]);
    expectClose(b.data, [3, 7]);
  });

  test("refuses", () => {
    expect(() => run((x, y) => vmap(add)(x, y), [1, 2], [1, 2, 3])).toThrow(/vmap: mapped axes differ in extent/);
    expect(() => run((x) => vmap((y: Tensor) => y)(x), 1)).toThrow(/holds a scalar/);
    expect(() => run((x) => vmap((y: Tensor) => y, null)(x), [1])).toThrow(/no argument is mapped/);
  });
});

describe("customGradient", () => {
  // Straight through: the step's gradient is that of the identity.
  const through = customGradient(
    (x: Tensor) => ops.identity(mul(x, 3)),
    ({ dy }) => [dy],
  );

  test("value of the function, gradient of the caller's", () => {
    expect(run(through, [1, 2])).toEqual([3, 6]);
    expect(run((x) => grad((y: Tensor) => sum(mul(through(y), y)))(x), [1, 2])).toEqual([3 + 1, 6 + 2]);
  });

  test("differentiable again, several inputs, output at hand", () => {
    const product = customGradient(
      (a: Tensor, b: Tensor) => mul(a, b),
      ({ dy, inputs: [a, b] }) => [mul(dy, b as Tensor), mul(dy, a as Tensor)],
    );
    const logistic = customGradient(
      (x: Tensor) => div(1, add(1, exp(mul(x, -1)))),
      ({ dy, output }) => [mul(dy, mul(output, sub(1, output)))],
    );
    expectClose(
      run(
        hessian((x: Tensor) => sum(product(x, square(x)))),
        [2],
      ),
      [12],
    );
    checkGradient(logistic, [[-1, 0.5, 2]]);
    checkGradient(
      (x, y) => grad((a: Tensor) => sum(square(product(a, y))))(x),
      [
        [1, 2],
        [3, 4],
      ],
    );
  });

  test("under vmap, inputs mapped or shared", () => {
    const f = customGradient(
      (a: Tensor, b: Tensor) => mul(a, b),
      ({ dy, inputs: [a, b] }) => [mul(mul(dy, b as Tensor), 10), mul(dy, a as Tensor)],
    );
    const slopes = (a: Tensor, b: Tensor) => grad((p: readonly Tensor[]) => sum(f(p[0] as Tensor, p[1] as Tensor)))([a, b]);
    const [da, db] = runNd((a, b) => vmap(slopes, [0, null])(a, b), nd([2, 2], [1, 2, 3, 4]), nd([2], [5, 6])) as [NdArray, NdArray];
    expectClose(da.data, [50, 60, 50, 60]);
    expectClose(db.data, [1, 2, 3, 4]);
    // Differentiated from outside, the shared input collects from every element.
    const outside = (a: Tensor, b: Tensor) => grad((y: Tensor) => sum(vmap(f, [0, null])(a, y)))(b);
    expectClose((runNd(outside, nd([2, 2], [1, 2, 3, 4]), nd([2], [5, 6]))[0] as NdArray).data, [4, 6]);
  });

  test("the number of cotangents must fit", () => {
    const wrong = customGradient(
      (a: Tensor, b: Tensor) => mul(a, b),
      ({ dy }) => [dy],
    );
    expect(() => run((a, b) => grad((x: Tensor) => sum(wrong(x, b)))(a), [1], [2])).toThrow(/one cotangent per input — got 1, expected 2/);
  });
});

describe("checkpoint", () => {
  const layer = (w: Tensor) => (x: Tensor) => tanh(matmul(x, w));
  const deep = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => (x: Tensor, w: Tensor) => {
    let h = x;
    for (let i = 0; i < 3; i++) h = wrap(layer(w))(h);
    return sum(square(h));
  };

  test("the plain function's values, gradients and Hessians, captured weights included", () => {
    const [x, w] = [randomNd([2, 3]), randomNd([3, 3], 2)];
    const outputs = (f: (x: Tensor, w: Tensor) => Tensor) => (a: Tensor, b: Tensor) => [
      f(a, b),
      grad((p: readonly Tensor[]) => f(p[0] as Tensor, p[1] as Tensor))([a, b]),
      hessian((y: Tensor) => f(a, y))(b),
    ];
    const plain = runNd(outputs(deep((f) => f)), x, w);
    const kept = runNd(outputs(deep(checkpoint)), x, w);
    expect(kept.length).toBe(4);
    expect(kept[0]?.data).toEqual(plain[0]?.data);
    kept.forEach((y, i) => {
      expectClose(y.data, plain[i]?.data as Float64Array, 1e-14);
    });
  });

  test("recomputes behind a barrier, and several outputs share one", () => {
    const two = checkpoint((x: Tensor) => {
      const e = exp(x);
      return { e, both: mul(e, x) };
    });
    const { graph } = traceFunction({ x: { shape: [2], dtype: "f64" } }, ({ x }) =>
      grad((y: Tensor) => sum(mul(two(y).e, two(y).both)))(x as Tensor),
    );
    const count = (name: string) => graph.nodes.filter((node) => node.op.name === name).length;
    expect(count("exp")).toBeGreaterThan(2);
    const marks = new Set(graph.nodes.filter((node) => node.op.name === "barrier").map((node) => node.attrs["mark"]));
    expect(marks.size).toBe(2);
    expect(() => JSON.stringify(graph.nodes.map((node) => node.attrs))).not.toThrow();
    checkGradient((x) => ({ ...two(x) }), [[0.3, -0.7]]);
  });

  test("under vmap", () => {
    const f = (wrap: (g: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => (x: Tensor, w: Tensor) =>
      vmap((row: Tensor) => grad((y: Tensor) => deep(wrap)(ops.reshape(y, [1, 3]), w))(row))(x);
    const inputs = [randomNd([4, 3]), randomNd([3, 3], 2)];
    expectClose(
      (runNd(f(checkpoint), ...inputs)[0] as NdArray).data,
      (
        runNd(
          f((g) => g),
          ...inputs,
        )[0] as NdArray
      ).data,
      1e-14,
    );
  });

  test("inside a loop, and with indices from outside under vmap", () => {
    const net =
      (wrap: (f: (h: Tensor, x: Tensor) => Tensor) => (h: Tensor, x: Tensor) => Tensor) => (w: Tensor, xs: Tensor, ids: Tensor) => {
        const [last] = scan(
          (h: Tensor, turn: { x: Tensor; i: Tensor }) => [
            wrap((c, x) => tanh(add(matmul(c, w), ops.take(x, turn.i))))(h, turn.x),
            undefined,
          ],
          ops.zeros([3], "f64"),
          { x: xs, i: ids },
        );
        return sum(square(last));
      };
    const inputs = [randomNd([3, 3], 2), randomNd([4, 5], 1), nd([4, 3], [0, 4, 2, 1, 1, 1, 3, 2, 0, 4, 4, 0], "i32")];
    const slopes = (f: ReturnType<typeof net>) =>
      runNd((w, xs, ids) => grad((v: Tensor) => f(v, xs as Tensor, ids as Tensor))(w as Tensor), ...inputs)[0] as NdArray;
    expectClose(slopes(net(checkpoint)).data, slopes(net((f) => f)).data, 1e-14);
    const rows = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => (_w: Tensor, xs: Tensor, ids: Tensor) =>
      vmap((x: Tensor, i: Tensor) => grad((v: Tensor) => sum(square(wrap((y) => mul(sin(ops.take(y, i)), 2))(v))))(x))(xs, ids);
    expectClose(
      (runNd(rows(checkpoint), ...inputs)[0] as NdArray).data,
      (
        runNd(
          rows((f) => f),
          ...inputs,
        )[0] as NdArray
      ).data,
      1e-14,
    );
  });

  test("a function that returns its argument", () => {
    expect(run((x) => grad((y: Tensor) => sum(checkpoint((z: Tensor) => z)(y)))(x), [1, 2])).toEqual([1, 1]);
  });
});

describe("scan", () => {
  for (const single of scanOp.cases()) {
    test(`case ${single.name}`, () => checkCase(scanOp, single));
    test(`batch of ${single.name}`, () => checkBatch(scanOp, single));
  }

  /** An Elman net with captured weights, looped either way. */
  const turn = (w: Tensor, u: Tensor) => (h: Tensor, x: Tensor) => {
    const next = tanh(add(matmul(h, w), matmul(x, u)));
    return [next, { norm: sum(square(next)), h: next }] as const;
  };
  const looped = (w: Tensor, u: Tensor, h: Tensor, xs: Tensor, reverse: boolean) => {
    const [last, ys] = scan(turn(w, u), h, xs, { reverse });
    return [last, ys.norm, ys.h];
  };
  const unrolled = (w: Tensor, u: Tensor, h: Tensor, xs: Tensor, reverse: boolean) => {
    const length = xs.shape[0] as number;
    const norms: Tensor[] = [];
    const states: Tensor[] = [];
    let carry = h;
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i;
      const [next, y] = turn(w, u)(carry, ops.select(xs, 0, t));
      carry = next;
      norms[t] = y.norm;
      states[t] = y.h;
    }
    return [carry, ops.stack(norms), ops.stack(states)];
  };
  const inputs = [randomNd([3, 3], 1), randomNd([2, 3], 2), randomNd([3], 3), randomNd([5, 2], 4)];
  const weighted = (ys: Tensor[]) => ys.map((y, i) => sum(mul(sin(y), i + 1))).reduce((a, b) => add(a, b));

  test.each([false, true])("equals its unrolled self: values, gradients, Hessians (reverse %s)", (reverse) => {
    for (const loop of [looped, unrolled])
      expect(runNd((w, u, h, xs) => loop(w, u, h, xs, reverse), ...inputs).map((y) => y.shape)).toEqual([[3], [5], [5, 3]]);
    const both = (f: (loop: typeof looped) => (...xs: Tensor[]) => Tensor | readonly Tensor[]) => {
      const [a, b] = [looped, unrolled].map((loop) => runNd((...xs) => f(loop)(...xs), ...inputs));
      (a as NdArray[]).forEach((y, i) => {
        expectClose(y.data, (b as NdArray[])[i]?.data as Float64Array, 1e-12);
      });
    };
    both((loop) => (w, u, h, xs) => loop(w as Tensor, u as Tensor, h as Tensor, xs as Tensor, reverse));
    both(
      (loop) => (w, u, h, xs) =>
        grad((p: readonly Tensor[]) => weighted(loop(p[0] as Tensor, p[1] as Tensor, p[2] as Tensor, p[3] as Tensor, reverse)))([
          w,
          u,
          h,
          xs,
        ] as Tensor[]),
    );
    both(
      (loop) => (w, u, h, xs) => hessian((y: Tensor) => weighted(loop(y, u as Tensor, h as Tensor, xs as Tensor, reverse)))(w as Tensor),
    );
    both(
      (loop) => (w, u, h, xs) => hessian((y: Tensor) => weighted(loop(w as Tensor, u as Tensor, y, xs as Tensor, reverse)))(h as Tensor),
    );
    both(
      (loop) => (w, u, h, xs) =>
        jacobian((y: Tensor) => loop(w as Tensor, u as Tensor, h as Tensor, y, reverse)[1] as Tensor)(xs as Tensor),
    );
    both(
      (loop) => (w, u, h, xs) =>
        vmap((y: Tensor) => weighted(loop(w as Tensor, u as Tensor, h as Tensor, mul(xs as Tensor, y), reverse)))(
          ops.select(w as Tensor, 0, 0),
        ),
    );
  });

  test("an ODE over a thousand steps: y' = −k y, its sensitivity to k, and no unrolling", () => {
    const steps = 1000;
    const solveOde = (k: Tensor) => {
      const h = 1 / steps;
      const slope = (y: Tensor) => mul(mul(k, -1), y);
      const [end] = scan(
        (y: Tensor) => {
          const k1 = slope(y);
          const k2 = slope(add(y, mul(k1, h / 2)));
          const k3 = slope(add(y, mul(k2, h / 2)));
          const k4 = slope(add(y, mul(k3, h)));
          return [add(y, mul(add(add(k1, mul(k2, 2)), add(mul(k3, 2), k4)), h / 6)), undefined];
        },
        ops.ones([], "f64"),
        undefined,
        { length: steps },
      );
      return end;
    };
    const { graph } = traceFunction({ k: { shape: [], dtype: "f64" } }, ({ k }) => hessian(solveOde)(k as Tensor));
    expect(graph.nodes.length).toBeLessThan(400);
    expectClose(
      run((k) => [solveOde(k)], 1.5),
      [Math.exp(-1.5)],
      1e-12,
    );
    expectClose(run(grad(solveOde), 1.5), [-Math.exp(-1.5)], 1e-11);
    expectClose(run(hessian(solveOde), 1.5), [Math.exp(-1.5)], 1e-10);
  });

  test("records, integer carries, no slices, nested loops", () => {
    const [count, total] = runNd(
      (x) => {
        const [last] = scan(
          (c: { i: Tensor; s: Tensor }) => [{ i: add(c.i, 1), s: add(c.s, mul(x, ops.cast(c.i, "f64"))) }, undefined],
          { i: ops.zeros([], "i32"), s: ops.zeros([], "f64") },
          undefined,
          { length: 5 },
        );
        return [last.i, last.s];
      },
      nd([], [2]),
    ) as [NdArray, NdArray];
    expect([...count.data, ...total.data]).toEqual([5, 20]);
    const nested = (x: Tensor) => {
      const [outer] = scan(
        (a: Tensor, row: Tensor) => {
          const [inner] = scan((b: Tensor, v: Tensor) => [add(mul(b, x), v), undefined], a, row);
          return [inner, undefined];
        },
        ops.zeros([], "f64"),
        constant(
          [
            [1, 2],
            [3, 4],
          ],
          [2, 2],
          "f64",
        ),
      );
      return outer;
    };
    // ((1·x + 2)x + 3)x + 4
    expectClose(run(nested, 2), [8 + 8 + 6 + 4]);
    expectClose(run(grad(nested), 2), [3 * 4 + 4 * 2 + 3]);
    expectClose(run(hessian(nested), 2), [6 * 2 + 4]);
    expectClose(
      run(
        (x) =>
          grad(
            (y: Tensor) =>
              scan(
                (c: { i: Tensor; s: Tensor }) => [{ i: add(c.i, 1), s: add(c.s, mul(y, ops.cast(c.i, "f64"))) }, undefined],
                { i: ops.zeros([], "i32"), s: ops.zeros([], "f64") },
                undefined,
                { length: 5 },
              )[0].s,
          )(x),
        2,
      ),
      [10],
    );
  });

  test("any length, against a loop in JavaScript", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 6 }), fc.boolean(), (list, reverse) => {
        let carry = 0.5;
        const expected: number[] = [];
        const order = list.map((_, i) => (reverse ? list.length - 1 - i : i));
        for (const t of order) {
          carry = Math.cos(carry + (list[t] as number));
          expected[t] = carry;
        }
        expectClose(
          run((xs) => scan((c: Tensor, x: Tensor) => [cos(add(c, x)), cos(add(c, x))], ops.full([], 0.5, "f64"), xs, { reverse })[1], list),
          expected,
          1e-14,
        );
      }),
      { numRuns: 30 },
    );
  });

  test("refuses", () => {
    expect(() => run((x) => scan((c: Tensor, v: Tensor) => [ops.stack([c, v]), undefined], ops.zeros([], "f64"), x)[0], [1, 2])).toThrow(
      /carried value 0 changes its shape or type in a turn — got f64 \[2\], expected f64 \[\]/,
    );
    expect(() =>
      run(
        (x) => scan((c: { s: Tensor; n: number }) => [{ s: c.s, n: c.n + 1 }, undefined], { s: x, n: 0 }, undefined, { length: 2 })[0].s,
        [1],
      ),
    ).toThrow(/must carry on what it was given — got {s: tensor, n: 1}, expected {s: tensor, n: 0}/);
    expect(() => run((x) => scan((c: Tensor) => [c, undefined], x, undefined)[0], [1])).toThrow(/neither slices nor a length/);
    expect(() => run((x) => scan((c: Tensor, _: Tensor) => [c, undefined], x, x, { length: 3 })[0], [1])).toThrow(
      /slices differ in number/,
    );
    expect(() =>
      run(
        (x) => {
          const state = x.graph.state("s", { shape: [1], dtype: "f64" });
          return scan(
            (c: Tensor) => {
              x.graph.assignments.push({ state, value: add(c, 1) });
              return [c, undefined];
            },
            x,
            undefined,
            { length: 2 },
          )[0];
        },
        [1],
      ),
    ).toThrow(/scan: assigns to the state "s" inside the function/);
  });
});

describe("checkGradient", () => {
  test("accepts a right gradient and says how close it is", () => {
    const check = checkGradient(
      (x, y) => [mul(log(x), y), sum(x)],
      [
        [0.5, 2, 3],
        [1, -1, 2],
      ],
    );
    expect(check.error).toBeLessThan(1e-8);
  });

  test("names the worst element of a wrong one, and NaN", () => {
    const wrong = customGradient(
      (x: Tensor) => square(x),
      ({ dy, inputs: [x] }) => [mul(dy, mul(x as Tensor, constant([2, 2, 2.5], [3], "f64")))],
    );
    expect(() => checkGradient(wrong, [[1, 1, 1]])).toThrow(/gradient by input 0 disagrees with central differences at element 2/);
    expect(() => checkGradient((x) => log(x), [[-1]])).toThrow(/NaN/);
  });
});
