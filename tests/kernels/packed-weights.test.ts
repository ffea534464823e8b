/** Products over weights that stand still: the bits of those over weights that may change, at every size, layout and thread count; and what a frozen store refuses. */
import { adam, add, assign, createEngine, gelu, linear, matmul, mean, relu, slice, type Tensor } from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import type { Launch } from "../../packages/engine/src/plan/plan.js";
import { launchKey } from "../../packages/engine/src/plan/variants.js";
import { expectSame } from "../support/same.js";
import { BUILDS } from "../support/wasm-executor.js";

const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(phase + 12.9898 * i) * (1 + (i % 3)));

describe.each(BUILDS)("%s", (build) => {
  const engines = new Map<number, Awaited<ReturnType<typeof createEngine>>>();
  beforeAll(async () => {
    for (const threads of [1, 2, 4]) engines.set(threads, await createEngine({ backend: "wasm", build, threads }));
  });
  afterAll(async () => {
    for (const engine of engines.values()) await engine.close();
  });

  /** The layer's output, and whether its plan is over panels. */
  async function computed(threads: number, frozen: boolean, [m, n, k]: readonly [number, number, number], live?: number) {
    const engine = engines.get(threads) as Awaited<ReturnType<typeof createEngine>>;
    const store = engine.store({ w: [n, k], b: [n] });
    store.set("w", numbers(n * k, 1));
    store.set("b", numbers(n, 2));
    if (frozen) store.freeze();
    const bounded = live === undefined ? {} : { bounded: "rows" };
    const program = await engine.compileWith(store, { x: { shape: [m, k], dtype: "f32", ...bounded } }, ({ w, b }, { x }) => ({
      y: gelu(linear(x as Tensor, w as Tensor, b)),
    }));
    const packed = program.planText().includes("gemm_packed_f32");
    const { y } = await program.call({ x: numbers((live ?? m) * k, 3) });
    const values = Float32Array.from(y as Float32Array).subarray(0, (live ?? m) * n);
    program.close();
    store.release();
    return { values, packed };
  }

  test.each([
    [9, 8, 1],
    [9, 9, 7],
    [10, 17, 255],
    [11, 33, 256],
    [16, 64, 257],
    [31, 257, 65],
    [65, 31, 513],
    [17, 1100, 300],
    [73, 40, 1025],
  ] as const)("%i × %i × %i", async (...size) => {
    const plain = await computed(1, false, size);
    expect(plain.packed).toBe(false);
    for (const threads of [1, 2, 4]) {
      const { values, packed } = await computed(threads, true, size);
      expect(packed).toBe(true);
      expectSame(values, plain.values, `${threads} threads`);
    }
  });

  test.each([1, 2, 7, 8, 9, 30])("%i of 64 rows", async (live) => {
    const plain = await computed(1, false, [64, 40, 300], live);
    for (const threads of [1, 2, 4]) {
      const { values, packed } = await computed(threads, true, [64, 40, 300], live);
      expect(packed).toBe(true);
      expectSame(values, plain.values, `${threads} threads`);
    }
  });
});

describe("frozen stores", () => {
  const opened = createEngine({ backend: "wasm", threads: 1 });
  afterAll(async () => (await opened).close());

  test("what is no such product stays as it is: few rows, transposed the other way, and rows that a slice has cut", async () => {
    const engine = await opened;
    const store = engine.store({ w: [24, 40], v: [40, 24] });
    store.freeze();
    const text = async (rows: number, f: (x: Tensor, params: Readonly<Record<string, Tensor>>) => Tensor) =>
      (
        await engine.compileWith(store, { x: { shape: [rows, 40], dtype: "f32" } }, (params, { x }) => ({ y: f(x as Tensor, params) }))
      ).planText();
    expect(await text(8, (x, { w }) => linear(x, w as Tensor))).not.toContain("packed");
    expect(await text(16, (x, { v }) => matmul(x, v as Tensor))).not.toContain("packed");
    // A part of the rows is a matrix of its own; half of each row is, too.
    const halves = (x: Tensor, { w }: Readonly<Record<string, Tensor>>) =>
      linear(slice(x, [0, 0], [16, 20]), slice(w as Tensor, [8, 20], [24, 40]));
    expect(await text(16, halves)).toContain("gemm_packed_f32");
    const call = async (frozen: boolean) => {
      const own = engine.store({ w: [24, 40] }, { seed: 3 });
      if (frozen) own.freeze();
      const program = await engine.compileWith(own, { x: { shape: [16, 40], dtype: "f32" } }, (params, { x }) => ({
        y: halves(x as Tensor, params),
      }));
      return (await program.call({ x: numbers(640, 1) })).y as Float32Array;
    };
    expectSame((await call(true)).slice(), (await call(false)).slice(), "a part");
  });

  test("a variant that a table names is kept, to the same bits: its runs of k are others", async () => {
    const inputs = { x: { shape: [16, 700], dtype: "f32" } } as const;
    const layer = ({ w }: Readonly<Record<string, Tensor>>, { x }: Readonly<Record<string, Tensor>>) => ({
      y: linear(x as Tensor, w as Tensor),
    });
    const compiled = async (engine: Awaited<typeof opened>, frozen: boolean) => {
      const store = engine.store({ w: [40, 700] }, { seed: 3 });
      if (frozen) store.freeze();
      return engine.compileWith(store, inputs, layer);
    };
    const usual = await compiled(await opened, false);
    const x = numbers(16 * 700, 1);
    const expected = (await usual.call({ x })).y as Float32Array;
    const { table } = usual.tune({ seconds: 0.05 });
    const [launch] = (usual as unknown as { executable: WasmExecutable }).executable.untunedPlan.launches;
    const launches = { [launchKey(launch as Launch)]: { variant: "kc 128", date: "2026-01-01" } };
    const engine = await createEngine({ backend: "wasm", threads: 1, tuning: { ...table, launches } });
    const tuned = await compiled(engine, true);
    expect(tuned.choices().map(({ variant }) => variant)).toEqual(["kc 128"]);
    expectSame((await tuned.call({ x })).y as Float32Array, expected, "tuned");
    await engine.close();
  });

  test("are packed once for all programs, and released with their store", async () => {
    const { memory } = ((await opened).backend as unknown as { runtime: { memory: { used: number } } }).runtime;
    const engine = await opened;
    const before = memory.used;
    const store = engine.store({ w: [64, 64] });
    store.freeze();
    const compiled = async () =>
      engine.compileWith(store, { x: { shape: [16, 64], dtype: "f32" } }, ({ w }, { x }) => ({ y: linear(x as Tensor, w as Tensor) }));
    const first = await compiled();
    const one = memory.used;
    await compiled();
    expect(memory.used - one).toBeLessThan(64 * 64 * 4);
    first.close();
    store.release();
    expect(memory.used).toBeLessThan(one - 2 * 64 * 64 * 4 + 1);
    expect(memory.used).toBeGreaterThanOrEqual(before);
  });

  test("refuse changes and training; states may change", async () => {
    const engine = await opened;
    const inputs = { x: { shape: [4, 3], dtype: "f32" } } as const;
    const store = engine.store({ w: [2, 3], count: { shape: [1], state: true } });
    store.freeze();
    expect(() => store.set("w", new Float32Array(6))).toThrow(/store\.set: the store is frozen/);
    store.set("count", [1]);
    const program = await engine.compileWith(store, inputs, ({ w, count }, { x }) => {
      assign(count as Tensor, add(count as Tensor, 1));
      return { y: relu(linear(x as Tensor, w as Tensor)) };
    });
    await program.call({ x: new Float32Array(12) });
    expect([...store.get("count")]).toEqual([2]);
    const loss = ({ w }: Readonly<Record<string, Tensor>>, { x }: Readonly<Record<string, Tensor>>) =>
      mean(linear(x as Tensor, w as Tensor));
    await expect(engine.compile(store, inputs, loss, { optimizer: adam() })).rejects.toThrow(/a frozen store is not trained/);
    const trained = engine.store({ w: [2, 3] });
    await engine.compile(trained, inputs, loss, { optimizer: adam() });
    expect(() => trained.freeze()).toThrow(/freeze: a program trains this store/);
  });
});
