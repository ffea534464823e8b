/** Plans as text: a refactor of the planner that is meant to change nothing must leave these as they are. */

import {
  adamw,
  add,
  createEngine,
  crossEntropy,
  type Engine,
  exp,
  mean,
  mlp,
  mse,
  mul,
  scan,
  sgd,
  sub,
  sum,
  type Tensor,
  tanh,
} from "@tetrad/engine";
import { afterAll, beforeAll, expect, test } from "vitest";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ build: "relaxed", threads: 1 });
});
afterAll(() => engine.close());

test("training step of a 4-64-32-1 network", async () => {
  const net = mlp([4, 64, 32, 1], { activation: "relu" });
  const store = engine.store(net.params);
  const program = await engine.compile(
    store,
    { x: [32, 4], y: [32, 1] },
    (params, { x, y }) => mse(net.apply(params, x as Tensor, { training: true }), y as Tensor),
    {
      optimizer: adamw({ lr: 1e-3, weightDecay: 0.01, clipNorm: 1 }),
    },
  );
  expect(program.planText()).toMatchSnapshot();
  program.close();
});

test("training step of a classifier with dropout on a bounded batch", async () => {
  const net = mlp([10, 24, 5], { activation: "gelu", dropout: 0.1 });
  const store = engine.store(net.params);
  const program = await engine.compile(
    store,
    { x: { shape: [17, 10], bounded: "batch" }, y: { shape: [17], dtype: "i32", bounded: "batch" } },
    (params, { x, y }) => crossEntropy(net.apply(params, x as Tensor, { training: true }), y as Tensor),
    { optimizer: sgd({ lr: 0.1, momentum: 0.9 }) },
  );
  expect(program.planText()).toMatchSnapshot();
  program.close();
});

test("a chain over broadcast operands fuses into one launch", async () => {
  const program = await engine.compileFunction(
    ({ x, row, column }) => exp(mul(sub(x as Tensor, row as Tensor), add(column as Tensor, 1))),
    { x: [9, 33], row: [33], column: [9, 1] },
  );
  expect(program.planText()).toMatchSnapshot();
  program.close();
});

test("a loop", async () => {
  const program = await engine.compileFunction(
    ({ h, xs }) => {
      const [last, ys] = scan(
        (carry: Tensor, x: Tensor) => {
          const next = tanh(add(carry, x));
          return [next, mul(next, 2)];
        },
        h as Tensor,
        xs as Tensor,
      );
      return { last, total: sum(ys as Tensor), mean: mean(ys as Tensor, 0) };
    },
    { h: [5], xs: [7, 5] },
  );
  expect(program.planText()).toMatchSnapshot();
  program.close();
});
