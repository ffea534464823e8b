// Transformed functions on the wasm kernels against the reference backend: what the planner and the kernels make of batched, differentiated and looped graphs.

import { control } from "@tetrad/kernels-wasm";
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import { createEngine } from "../../packages/engine/src/engine.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import { add } from "../../packages/engine/src/ops/add.js";
import { exp } from "../../packages/engine/src/ops/exp.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { matmul } from "../../packages/engine/src/ops/matmul.js";
import { mul } from "../../packages/engine/src/ops/mul.js";
import { sin } from "../../packages/engine/src/ops/sin.js";
import { sub } from "../../packages/engine/src/ops/sub.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { tanh } from "../../packages/engine/src/ops/tanh.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { checkpoint, customGradient, grad, hessian, hvp, jacobian, jvp, vmap } from "../../packages/engine/src/transforms/index.js";
import { leaves, type Tree } from "../../packages/engine/src/transforms/tree.js";
import { BUILDS, closeBackends, runOnWasm, wasmBackend } from "../support/wasm-executor.js";
import { expectClose, nd, randomNd } from "./transforms-support.js";

afterAll(closeBackends);

const square = (x: Tensor) => mul(x, x);

describe.each(BUILDS)("%s build", (build) => {
  async function agrees(f: (...inputs: Tensor[]) => Tree, ...inputs: NdArray[]): Promise<void> {
    const specs = Object.fromEntries(inputs.map((x, i) => [`x${i}`, { shape: x.shape, dtype: x.dtype }]));
    const { graph, result } = traceFunction(specs, (named) => leaves(f(...inputs.map((_, i) => named[`x${i}`] as Tensor))));
    const feeds = new Map([...graph.inputs.values()].map((tensor, i) => [tensor, inputs[i] as NdArray]));
    const wanted = interpret(graph, result, feeds);
    const got = await runOnWasm(build, graph, result, feeds);
    wanted.forEach((want, i) => {
      expect(got[i]?.shape).toEqual(want.shape);
      expectClose((got[i] as NdArray).data, want.data, 1e-11);
    });
  }

  test("chi-squared with a covariance: value, gradient, Hessian", async () => {
    const residual = (p: Tensor, x: Tensor, y: Tensor) => sub(y, mul(ops.select(p, 0, 0), exp(mul(ops.select(p, 0, 1), x))));
    const chi2 = (p: Tensor, x: Tensor, y: Tensor, c: Tensor) => {
      const z = ops.triangularSolve(ops.cholesky(c), residual(p, x, y));
      return add(sum(square(z)), ops.logdet(c, { positiveDefinite: true }));
    };
    const c = nd([4, 4], [2, 0.3, 0.1, 0, 0.3, 1.5, 0.2, 0.1, 0.1, 0.2, 1, 0.3, 0, 0.1, 0.3, 2.5]);
    const inputs = [nd([2], [1.5, 0.4]), nd([4], [0, 0.5, 1, 2]), nd([4], [1.4, 2, 2.1, 3.5]), c];
    await agrees(
      (p, x, y, m) => [
        chi2(p as Tensor, x as Tensor, y as Tensor, m as Tensor),
        grad(chi2)(p as Tensor, x as Tensor, y as Tensor, m as Tensor),
        hessian(chi2)(p as Tensor, x as Tensor, y as Tensor, m as Tensor),
      ],
      ...inputs,
    );
    await agrees((p, x, y, m) => grad((s: Tensor) => chi2(p as Tensor, x as Tensor, y as Tensor, s))(m as Tensor), ...inputs);
  });

  test("Hessian, Jacobian, products with them, and batches of gradients", async () => {
    const f = (x: Tensor) => sum(mul(sin(x), mul(sum(x), x)));
    await agrees(
      (x, v) => [hessian(f)(x as Tensor), hvp(f)(x as Tensor, v as Tensor), jvp(f)(x as Tensor, v as Tensor).tangent],
      randomNd([17], 1),
      randomNd([17], 2),
    );
    await agrees((x) => jacobian((y: Tensor) => ops.concat([square(y), ops.reshape(sum(y), [1])], 0))(x as Tensor), randomNd([5]));
    await agrees((x) => vmap((row: Tensor) => grad(f)(row))(x as Tensor), randomNd([7, 3]));
    await agrees((x) => vmap((row: Tensor) => hessian(f)(row))(x as Tensor), randomNd([3, 4]));
  });

  test("vmap of solve, determinants, gather, and an embedding's gradient", async () => {
    await agrees(
      (a, b) => vmap((m: Tensor, v: Tensor) => [ops.solve(m, v), ops.slogdet(m).logAbs, ops.slogdet(m).sign])(a as Tensor, b as Tensor),
      randomNd([3, 4, 4]),
      randomNd([3, 4], 2),
    );
    await agrees((a) => hessian((v: Tensor) => ops.slogdet(ops.reshape(v, [3, 3])).logAbs)(a as Tensor), randomNd([9], 5));
    const ids = nd([2, 3], [0, 2, 1, 2, 2, 0], "i32");
    await agrees(
      (t, i) =>
        vmap((row: Tensor) => grad((table: Tensor) => sum(square(ops.embedding(row, table, { paddingIndex: 0 }))))(t as Tensor))(
          i as Tensor,
        ),
      randomNd([3, 5]),
      ids,
    );
    await agrees(
      (t, i) =>
        vmap((table: Tensor, row: Tensor) => grad((w: Tensor) => sum(square(ops.take(w, row, 1))))(table))(t as Tensor, i as Tensor),
      randomNd([2, 4, 3]),
      ids,
    );
  });

  test("decompositions' gradients", async () => {
    await agrees((a) => grad((x: Tensor) => sum(mul(square(ops.qr(x).q), sin(ops.qr(x).q))))(a as Tensor), randomNd([2, 5, 3], 7));
    await agrees((a) => grad((x: Tensor) => sum(mul(ops.eigh(x).vectors, sin(ops.eigh(x).vectors))))(a as Tensor), randomNd([4, 4], 8));
    await agrees((a) => [ops.det(a as Tensor), ops.inverse(a as Tensor), grad(ops.det)(a as Tensor)], randomNd([4, 4], 9));
  });

  test("loops: values, gradients, Hessians, batches", async () => {
    const looped = (w: Tensor, h: Tensor, xs: Tensor) => {
      const [last, ys] = ops.scan(
        (c: Tensor, x: Tensor) => {
          const next = tanh(add(matmul(c, w), x));
          return [next, sum(square(next))];
        },
        h,
        xs,
      );
      return add(sum(mul(last, last)), sum(sin(ys)));
    };
    const inputs = [randomNd([3, 3], 1), randomNd([3], 3), randomNd([6, 3], 4)];
    await agrees(
      (w, h, xs) => [
        looped(w as Tensor, h as Tensor, xs as Tensor),
        grad((p: readonly Tensor[]) => looped(p[0] as Tensor, p[1] as Tensor, p[2] as Tensor))([w as Tensor, h as Tensor, xs as Tensor]),
      ],
      ...inputs,
    );
    await agrees((w, h, xs) => hessian((c: Tensor) => looped(w as Tensor, c, xs as Tensor))(h as Tensor), ...inputs);
    await agrees((w, h, xs) => vmap((x: Tensor) => looped(w as Tensor, h as Tensor, mul(xs as Tensor, x)))(h as Tensor), ...inputs);
  });

  test("checkpoint and customGradient", async () => {
    const layer = (w: Tensor) => (x: Tensor) => tanh(matmul(x, w));
    const deep = (x: Tensor, w: Tensor) => sum(square(checkpoint(layer(w))(checkpoint(layer(w))(x))));
    await agrees(
      (x, w) => [deep(x as Tensor, w as Tensor), grad((v: Tensor) => deep(x as Tensor, v))(w as Tensor)],
      randomNd([4, 3]),
      randomNd([3, 3], 2),
    );
    const through = customGradient(
      (x: Tensor) => sin(x),
      ({ dy, output }) => [mul(dy, output)],
    );
    await agrees((x) => [through(x as Tensor), grad((y: Tensor) => sum(mul(through(y), y)))(x as Tensor)], randomNd([9]));
  });

  test("a checkpointed function is really computed again: the plan keeps the second evaluation", async () => {
    const { makePlan } = await import("../../packages/engine/src/plan/make.js");
    const strips = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
      const { graph, result } = traceFunction({ x: { shape: [64, 64], dtype: "f64" } }, ({ x }) => ({
        dx: grad((y: Tensor) => sum(square(matmul(wrap((z) => exp(matmul(z, z)))(y), y))))(x as Tensor),
      }));
      return makePlan({ graph, outputs: new Map([["dx", result.dx]]) })
        .launches.flatMap((launch) => launch.chain?.ops.map((op) => op.strip) ?? [])
        .filter((strip) => strip === "exp").length;
    };
    expect(strips((f) => f)).toBe(1);
    expect(strips(checkpoint)).toBe(2);
  });

  test("a plan knows what its checkpoints save: the arena of the same function without them", async () => {
    const engine = await createEngine({ threads: 1 });
    const build = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) =>
      engine.compileFunction(
        ({ x, w }) => {
          // Each layer keeps four values of its input's size for its gradient.
          const block = (h: Tensor) => tanh(exp(mul(tanh(matmul(h, w as Tensor)), 0.1)));
          return { dx: grad((y: Tensor) => sum(square(Array.from({ length: 6 }).reduce<Tensor>((h) => wrap(block)(h), y))))(x as Tensor) };
        },
        { x: [64, 32], w: [32, 32] },
      );
    const [plain, saving] = [await build((f) => f), await build(checkpoint)];
    const arena = (text: string) => Number(/arena: (\d+)/.exec(text)?.[1]);
    const [kept, bytes] = [arena(plain.planText()), arena(saving.planText())];
    expect(bytes).toBeLessThan(0.7 * kept);
    expect(plain.explain()).not.toMatch(/checkpoints/);
    const kib = (n: number) => `${(n / 1024).toFixed(1)} KiB`;
    expect(saving.explain()).toContain(`checkpoints save ${kib(kept - bytes)} of ${kib(kept)}`);
    await engine.close();
  });

  test("moving and indexing ops follow the live length of a bounded axis, forwards and backwards", async () => {
    const tokens = { name: "tokens", times: 1 };
    const maximum = 9;
    const specs = {
      t: { shape: [5, 3], dtype: "f64" as const },
      i: { shape: [maximum], dtype: "i32" as const, bound: tokens },
      w: { shape: [maximum, 6], dtype: "f64" as const, bound: tokens },
      c: { shape: [maximum, 2], dtype: "i32" as const, bound: tokens },
    };
    const { graph, result } = traceFunction(specs, (named) => {
      const { t, i, w, c } = named as Record<keyof typeof specs, Tensor>;
      const rows = ops.concat([ops.take(t, i), ops.slice(w, [0, 1], [undefined, 4])], 1);
      const padded = ops.pad(ops.flip(rows, 1), [
        [0, 0],
        [1, 2],
      ]);
      const y = mul(ops.gather(padded, c, 1), ops.gather(w, c, 1));
      return { y, ...Object.fromEntries(gradients(sum(y), [t, w]).map((slope, k) => [`slope${k}`, slope])) } as Record<string, Tensor>;
    });
    const outputs = new Map(Object.entries(result));
    const { runtime } = await wasmBackend(build);
    const executable = await WasmExecutable.compile(runtime, {
      graph,
      outputs,
      leaves: new Map(),
      seed: 0,
      maxima: new Map([["tokens", maximum]]),
      threads: 1,
    });
    try {
      // Longest first: what it leaves behind must not show in the shorter ones. Indices beyond the live length are poison.
      for (const live of [9, 5, 1, 0, 8]) {
        executable.setLive("tokens", live);
        const data: Record<string, number[]> = {
          t: [...randomNd([5, 3], 1).data],
          i: [0, 4, 2, 2, 1, 3, 0, 4, 4].map((index, k) => (k < live ? index : 1e6)),
          w: [...randomNd([maximum, 6], 2).data],
          c: Array.from({ length: 2 * maximum }, (_, k) => (k < 2 * live ? (5 * k) % 6 : -1e6)),
        };
        const feeds = new Map<Tensor, NdArray>();
        for (const [name, tensor] of graph.inputs) {
          executable.write(name, data[name] as number[]);
          const rows = tensor.bound === undefined ? (tensor.shape[0] as number) : live;
          const row = tensor.size / (tensor.shape[0] as number);
          feeds.set(tensor, nd([rows, ...tensor.shape.slice(1)], (data[name] as number[]).slice(0, rows * row), tensor.dtype));
        }
        const wanted = interpret(graph, [...outputs.values()], feeds, { live: new Map([["tokens", live]]) });
        for (const threads of [1, 2, 4]) {
          runtime.memory.i32(control.STOP, 1)[0] = 0;
          runtime.runSync(executable.loaded.address, executable.loaded.count, 1, threads);
          expect(runtime.memory.i32(control.STOP, 1)[0], "a dead index was looked at").toBe(0);
          [...outputs.keys()].forEach((name, k) => {
            const want = wanted[k] as NdArray;
            expectClose(executable.read(name).subarray(0, want.data.length), want.data, 1e-13);
          });
        }
      }
    } finally {
      executable.close();
    }
  });
});
