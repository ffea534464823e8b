/** Anomaly mode: the first launch that makes a NaN, and the user's line behind it. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { add, createEngine, div, type Engine, exp, log, matmul, mlp, mse, mul, sgd, sqrt, sub, sum, type Tensor } from "@tetrad/engine";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Where the root is taken below, counted from 1. */
const rootLine =
  readFileSync(fileURLToPath(import.meta.url), "utf8")
    .split("\n")
    .findIndex((line) => line.trim().startsWith("const root = ")) + 1;

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => engine.close());

const program = (f: (x: Tensor) => Tensor) =>
  engine.compileFunction(({ x }) => f(x as Tensor), { x: { shape: [4], dtype: "f64" } }, { checkFinite: true });

test("names the op inside a fused chain and its line", async () => {
  const bad = await program((x) => {
    const shifted = sub(x, 2);
    const root = sqrt(shifted); // the line to be named
    return sum(mul(exp(root), 3));
  });
  expect(bad.callSync({ x: [2, 3, 4, 5] })["output"]?.[0]).toBeGreaterThan(0);
  expect(() => bad.callSync({ x: [2, 3, 1, 5] })).toThrow(new RegExp(`sqrt .*anomaly\\.test\\.ts:${rootLine}\\b`));
});

test("names a division by zero in another launch", async () => {
  const bad = await program((x) => div(add(x, 1), sum(x)));
  expect(() => bad.callSync({ x: [1, -1, 2, -2] })).toThrow(/div .*anomaly\.test\.ts:\d+/);
});

test("finite results pass, and the state of the program is untouched", async () => {
  const good = await program((x) => log(add(mul(x, x), 1)));
  const [first, second] = [good.callSync({ x: [1, 2, 3, 4] })["output"]?.slice(), good.callSync()["output"]?.slice()];
  expect(first).toEqual(second);
  expect(good.findNonFinite()).toBeUndefined();
});

test("a diverging training step stops before the parameters change", async () => {
  const net = mlp([2, 3, 1]);
  const store = engine.store(net.params);
  const step = await engine.compile(
    store,
    { x: [4, 2], y: [4, 1] },
    (params, { x, y }) => mse(net.apply(params, x as Tensor, { training: true }), y as Tensor),
    { optimizer: sgd({ lr: 0.1 }) },
  );
  const data = { x: [1, 2, 3, 4, 5, 6, 7, 8], y: [1, 2, 3, 4] };
  step.stepSync(data);
  const before = store.get("layers.0.weight");
  expect(() => step.stepSync({ ...data, y: [1, 2, Number.NaN, 4] })).toThrow(/DIVERGED|loss became NaN at step 1/);
  expect(store.get("layers.0.weight")).toEqual(before);
  expect(step.stepSync(data).loss).toBeGreaterThan(0);
});

test("an error of shapes names the user's line", async () => {
  await expect(engine.run(({ a, b }) => matmul(a as Tensor, b as Tensor), { a: [[1, 2]], b: [[1, 2]] })).rejects.toThrow(
    /matmul: .*got \[1, 2\] @ \[1, 2\].*anomaly\.test\.ts:\d+/,
  );
});
