/** States of a store: assigned after all reads, beside training and without it, on both backends. */
import {
  add,
  assign,
  createEngine,
  type Engine,
  matmul,
  mean,
  mse,
  mul,
  sgd,
  square,
  sub,
  type Tensor,
  TetradError,
  transpose,
} from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

describe.each(["wasm", "reference"] as const)("%s", (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend });
  });
  afterAll(() => engine.close());

  test("a counter and a running mean follow the calls", async () => {
    const store = engine.store({ count: { shape: [1], state: true }, running: { shape: [3], state: true } });
    const program = await engine.compileWith(store, { x: [4, 3] }, ({ count, running }, { x }) => {
      assign(count as Tensor, add(count as Tensor, 1));
      assign(running as Tensor, add(mul(running as Tensor, 0.5), mul(mean(x as Tensor, 0), 0.5)));
      return { seen: mul(count as Tensor, 10) };
    });
    const x = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3];
    expect(program.callSync({ x })["seen"]?.[0]).toBe(0);
    expect(program.callSync({ x })["seen"]?.[0]).toBe(10);
    expect([...store.get("count")]).toEqual([2]);
    expect([...store.get("running")]).toEqual([0.75, 1.5, 2.25]);
  });

  test("states that exchange their values", async () => {
    const store = engine.store({ a: { shape: [2, 2], state: true }, b: { shape: [2, 2], state: true } });
    store.set("a", [1, 2, 3, 4]);
    store.set("b", [5, 6, 7, 8]);
    const program = await engine.compileWith(store, {}, ({ a, b }) => {
      assign(a as Tensor, transpose(b as Tensor));
      assign(b as Tensor, a as Tensor);
      return { sum: add(a as Tensor, b as Tensor) };
    });
    expect([...(program.callSync()["sum"] ?? [])]).toEqual([6, 8, 10, 12]);
    expect([...store.get("a"), ...store.get("b")]).toEqual([5, 7, 6, 8, 1, 2, 3, 4]);
  });

  test("values that are views or products of the state itself", async () => {
    const store = engine.store({
      t: { shape: [3, 3], state: true },
      p: { shape: [17, 17], state: true },
      same: { shape: [2], init: "ones", state: true },
    });
    store.set("t", [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // A cyclic permutation: each product shifts the rows by one.
    const shift = Float32Array.from({ length: 289 }, (_, i) => Number(i % 17 === (Math.floor(i / 17) + 1) % 17));
    store.set("p", shift);
    const program = await engine.compileWith(store, { w: [17, 17] }, ({ t, p, same }, { w }) => {
      assign(t as Tensor, transpose(t as Tensor));
      assign(p as Tensor, add(matmul(p as Tensor, w as Tensor), 0));
      assign(same as Tensor, same as Tensor);
      return { first: mean(t as Tensor) };
    });
    for (let i = 0; i < 16; i++) program.callSync({ w: shift });
    expect([...store.get("t")]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    program.callSync();
    expect([...store.get("t")]).toEqual([1, 4, 7, 2, 5, 8, 3, 6, 9]);
    // 18 shifts of 17 rows are one.
    expect([...store.get("p")]).toEqual([...shift]);
    expect([...store.get("same")]).toEqual([1, 1]);
  });

  test("training leaves states to their assignments, weight decay included", async () => {
    const store = engine.store({
      w: { shape: [1, 2], init: "ones" },
      scale: { shape: [2, 2], init: "ones", state: true },
      steps: { shape: [1], state: true },
    });
    const program = await engine.compile(
      store,
      { x: [3, 2], y: [3, 2] },
      ({ w, scale, steps }, { x, y }) => {
        assign(steps as Tensor, add(steps as Tensor, 1));
        return add(mse(mul(x as Tensor, w as Tensor), y as Tensor), mul(mean(square(sub(scale as Tensor, 3))), 0));
      },
      { optimizer: sgd({ lr: 0.1, weightDecay: 0.1 }) },
    );
    const data = { x: [1, 2, 3, 4, 5, 6], y: [2, 4, 6, 8, 10, 12] };
    for (let i = 0; i < 3; i++) program.stepSync(data);
    expect([...store.get("steps")]).toEqual([3]);
    expect([...store.get("scale")]).toEqual([1, 1, 1, 1]);
    expect(store.get("w")[0]).not.toBe(1);
    expect(store.size).toBe(2);
  });

  test("parameters, other shapes and second assignments are refused", async () => {
    const store = engine.store({ w: [2], s: { shape: [2], state: true } });
    const compile = (f: (p: Record<string, Tensor>) => void) =>
      engine.compileWith(store, {}, (params) => {
        f(params);
        return params["w"] as Tensor;
      });
    await expect(compile(({ w }) => assign(w as Tensor, w as Tensor))).rejects.toThrow(/only a state.*param w.*assign\.test\.ts/);
    await expect(compile(({ s }) => assign(s as Tensor, mean(s as Tensor)))).rejects.toThrow(/got \[\], expected \[2\]/);
    await expect(
      compile(({ s, w }) => {
        assign(s as Tensor, w as Tensor);
        assign(s as Tensor, w as Tensor);
      }),
    ).rejects.toThrow(TetradError);
  });
});
