/** The engine as a user holds it: running functions, bounded axes, stores, errors. */

import {
  add,
  constant,
  createEngine,
  type Engine,
  grad,
  hessian,
  matmul,
  mean,
  mul,
  relu,
  sin,
  square,
  sub,
  sum,
  type Tensor,
  TetradError,
  valueAndGrad,
  vmap,
} from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let engine: Engine;
let oracle: Engine;
beforeAll(async () => {
  engine = await createEngine();
  oracle = await createEngine({ backend: "reference" });
});
afterAll(() => Promise.all([engine.close(), oracle.close()]));

describe("run", () => {
  test("returns one array for one tensor, a record for several, with their shapes", async () => {
    const one = await engine.run(({ x }) => mul(x as Tensor, 2), {
      x: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(one).toEqual({ shape: [2, 2], dtype: "f32", data: Float32Array.of(2, 4, 6, 8) });
    const two = await engine.run(({ x }) => ({ s: sum(x as Tensor), m: mean(x as Tensor, 0) }), {
      x: [
        [1, 2],
        [3, 4],
      ],
    });
    expect([...(two["s"]?.data ?? [])]).toEqual([10]);
    expect(two["m"]?.shape).toEqual([2]);
  });

  test("inputs that come back untouched, constants, views and equal outputs", async () => {
    const { a, b, c, d } = (await engine.run(
      ({ x }) => ({ a: x as Tensor, b: constant([5, 6]), c: relu(x as Tensor), d: relu(x as Tensor) }),
      { x: Float64Array.of(-1, 2) },
    )) as Record<string, { data: ArrayLike<number> }>;
    expect([a, b, c, d].map((y) => Array.from(y?.data ?? []))).toEqual([
      [-1, 2],
      [5, 6],
      [0, 2],
      [0, 2],
    ]);
  });

  test("gradients, Hessians and vmap compose", async () => {
    const f = (t: Tensor) => sum(mul(sin(t), square(t)));
    const got = (await engine.run(
      ({ x, points }) => {
        const { value, grad: g } = valueAndGrad(f)(x as Tensor);
        return { value, g, h: hessian(f)(x as Tensor), batch: vmap((p: Tensor) => grad(f)(p))(points as Tensor) };
      },
      { x: Float64Array.of(0.3, 1.1), points: { data: Float64Array.of(0.3, 1.1, -2, 0.5), shape: [2, 2] } },
    )) as Record<string, { data: Float64Array; shape: readonly number[] }>;
    const slope = (t: number) => Math.cos(t) * t * t + 2 * t * Math.sin(t);
    const curve = (t: number) => -Math.sin(t) * t * t + 4 * t * Math.cos(t) + 2 * Math.sin(t);
    [slope(0.3), slope(1.1), slope(-2), slope(0.5)].forEach((want, i) => expect(got["batch"]?.data[i]).toBeCloseTo(want, 13));
    expect(got["h"]?.shape).toEqual([2, 2]);
    [curve(0.3), 0, 0, curve(1.1)].forEach((want, i) => expect(got["h"]?.data[i]).toBeCloseTo(want, 12));
  });
});

describe("many runs", () => {
  test("of one function at once do not disturb each other", async () => {
    const f = ({ x }: Record<string, Tensor>) => mul(matmul(x as Tensor, x as Tensor), 2);
    const inputs = Array.from({ length: 8 }, (_, i) => Float32Array.from({ length: 4096 }, (_v, k) => Number(k % 65 === 0) * i));
    const results = await Promise.all(inputs.map((data) => engine.run(f, { x: { data, shape: [64, 64] } })));
    results.forEach(({ data }, i) => {
      expect(data[0]).toBe(2 * i * i);
    });
  });

  test("of ever new functions close the oldest, with one warning", async () => {
    const warnings: string[] = [];
    const busy = await createEngine({ onWarning: (message) => warnings.push(message) });
    for (let i = 0; i < 40; i++) {
      const { data } = await busy.run(({ x }) => add(x as Tensor, i), { x: [1] });
      expect(data[0]).toBe(1 + i);
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/more than 32 .*x: f32\[1\].*outside the loop/);
    await busy.close();
  });

  test("of a program that is still running are refused", async () => {
    const program = await engine.compileFunction(({ x }) => matmul(x as Tensor, x as Tensor), { x: [256, 256] });
    const x = new Float32Array(65536);
    const first = program.call({ x });
    await expect(program.call({ x })).rejects.toThrow(/still running.*await/);
    await first;
  });

  test("a function that fails is traced anew", async () => {
    let fail = true;
    const f = ({ x }: Record<string, Tensor>) => (fail ? matmul(x as Tensor, constant([[1, 2, 3]])) : mul(x as Tensor, 2));
    await expect(engine.run(f, { x: [1, 2] })).rejects.toThrow(TetradError);
    fail = false;
    expect((await engine.run(f, { x: [1, 2] })).data).toEqual(Float32Array.of(2, 4));
  });
});

describe("bounded axes", () => {
  const f = ({ x, w }: Record<string, Tensor>) => {
    const h = relu(matmul(x as Tensor, w as Tensor));
    return {
      h,
      loss: mean(square(sub(h, 1))),
      columns: sum(h, 0),
      grad: grad((v: Tensor) => mean(square(sub(relu(matmul(x as Tensor, v)), 1))))(w as Tensor),
    };
  };
  const data = (rows: number) => Float32Array.from({ length: rows * 5 }, (_, i) => Math.sin(i * 1.3));
  const w = Float32Array.from({ length: 15 }, (_, i) => Math.cos(i));

  test.each([0, 1, 7, 16, 33])("%i of at most 33 rows give what a plan for exactly so many gives", async (rows) => {
    const bounded = await engine.compileFunction(f, { x: { shape: [33, 5], bounded: "rows" }, w: [5, 3] });
    const exact = await engine.compileFunction(f, { x: [rows, 5], w: [5, 3] });
    bounded.callSync({ x: data(33), w });
    const [got, want] = [bounded.callSync({ x: data(rows), w }), exact.callSync({ x: data(rows), w })];
    for (const name of ["loss", "columns", "grad"]) expect(Array.from(got[name] ?? []), name).toEqual(Array.from(want[name] ?? []));
    expect(Array.from(got["h"] ?? []).slice(0, rows * 3)).toEqual(Array.from(want["h"] ?? []));
  });

  test("more rows than the maximum, or half a row, are refused", async () => {
    const program = await engine.compileFunction(f, { x: { shape: [4, 5], bounded: "rows" }, w: [5, 3] });
    expect(() => program.callSync({ x: data(5), w })).toThrow(/bounded axis "rows".*0 to 4/);
    expect(() => program.callSync({ x: data(5).subarray(1), w })).toThrow(/whole rows/);
  });
});

describe("errors", () => {
  test("more memory than WebAssembly has: the largest values and the batch that would fit", async () => {
    const huge = engine.compileFunction(({ x, w }) => relu(matmul(relu(matmul(x as Tensor, w as Tensor)), w as Tensor)), {
      x: [400_000, 2048],
      w: [2048, 2048],
    });
    await expect(huge).rejects.toThrow(
      /OUT_OF_MEMORY|needs more memory than WebAssembly has.*largest values: .*a batch of about \d+ would fit/,
    );
    await expect(huge).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  });

  test("a tensor of another trace", async () => {
    let leaked: Tensor | undefined;
    await engine.run(
      ({ x }) => {
        leaked = x as Tensor;
        return x as Tensor;
      },
      { x: [1] },
    );
    await expect(engine.run(({ x }) => add(x as Tensor, leaked as Tensor), { x: [1] })).rejects.toThrow(/another trace/);
  });

  test("wrong sizes and unknown names", async () => {
    const program = await engine.compileFunction(({ x }) => relu(x as Tensor), { x: [3] });
    expect(() => program.callSync({ x: [1, 2] })).toThrow(/got 2, expected 3/);
    expect(() => program.callSync({ y: [1, 2, 3] })).toThrow(/no input "y"/);
    expect(() => engine.store({ weight: [2, 2] }).get("wieght")).toThrow(/did you mean "weight"/);
  });

  test("a closed engine refuses", async () => {
    const closed = await createEngine();
    await closed.close();
    await expect(closed.run(({ x }) => x as Tensor, { x: [1] })).rejects.toThrow(TetradError);
  });
});

test("both backends agree through the same API", async () => {
  const f = ({ x }: Record<string, Tensor>) => ({ y: sum(sin(matmul(x as Tensor, x as Tensor, { transposeB: true })), 1) });
  const x = { data: Float64Array.from({ length: 12 }, (_, i) => i / 7), shape: [4, 3] };
  const [a, b] = (await Promise.all([engine.run(f, { x }), oracle.run(f, { x })])) as [
    Record<string, { data: Float64Array }>,
    Record<string, { data: Float64Array }>,
  ];
  a["y"]?.data.forEach((value, i) => expect(value).toBeCloseTo(b["y"]?.data[i] as number, 14));
});

test("describe says what was chosen and why", () => {
  expect(engine.describe()).toMatchObject({ backend: "auto", why: expect.stringMatching(/wasm (relaxed|baseline) SIMD/) });
});
