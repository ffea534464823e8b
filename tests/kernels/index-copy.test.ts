// Rows written into a state where it lies: on every backend as the reference has it, in place only where nothing needs the old content, and by a launch that moves the new rows alone.
import {
  add,
  assign,
  type Engine,
  gradients,
  indexCopy,
  mean,
  mul,
  reshape,
  sgd,
  slice,
  sum,
  type Tensor,
  TetradError,
  take,
} from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Engine as OwnEngine } from "../../packages/engine/src/engine.js";
import { TESTED_BACKENDS } from "../support/backends.js";

const ROWS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const rowsInputs = { rows: { shape: [2], dtype: "i32" }, fresh: [2, 2] } as const;
type Body = (state: Tensor, given: { readonly rows: Tensor; readonly fresh: Tensor }) => Tensor;

describe.each(TESTED_BACKENDS)("$name", ({ open, close }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = new OwnEngine(await open());
  });
  afterAll(close);

  /** What a step gives and leaves in a state (5, 2) of 0 … 9, rows 3 and 1 becoming −1, −2 and −3, −4; and the copies of its plan. */
  async function step(body: Body) {
    const store = engine.store({ state: { shape: [5, 2], state: true } });
    store.set("state", ROWS);
    const program = await engine.compileWith(store, rowsInputs, ({ state }, { rows, fresh }) =>
      body(state as Tensor, { rows: rows as Tensor, fresh: fresh as Tensor }),
    );
    const result = await program.call({ rows: [3, 1], fresh: [-1, -2, -3, -4] });
    await store.pull();
    const text = engine.backend.name === "reference" ? "" : program.planText();
    const found = { result: [...(Object.values(result)[0] as ArrayLike<number> & Iterable<number>)], state: [...store.get("state")], text };
    program.close();
    return found;
  }
  const AFTER = [0, 1, -3, -4, 4, 5, -1, -2, 8, 9];

  test("in place, and read after it", async () => {
    const { result, state, text } = await step((old, { rows, fresh }) => {
      const now = indexCopy(old, rows, fresh);
      assign(old, now);
      return mul(reshape(now, [10]), 2);
    });
    expect(state).toEqual(AFTER);
    expect(result).toEqual(AFTER.map((x) => 2 * x));
    expect(text).not.toMatch(/copy_strided|\bcopy\b/);
  });

  test("rows that come from the state itself move at once", async () => {
    const { state, text } = await step((old, { rows, fresh }) => {
      assign(old, indexCopy(old, rows, take(old, add(rows, 1))));
      return mul(fresh, 2);
    });
    expect(state).toEqual([0, 1, 4, 5, 4, 5, 8, 9, 8, 9]);
    expect(text).not.toMatch(/copy_strided|\bcopy\b/);
  });

  test.each<readonly [string, Body, readonly number[]]>([
    [
      "an arithmetic reader",
      (old, { rows, fresh }) => {
        assign(old, indexCopy(old, rows, fresh));
        return add(old, 0.5);
      },
      ROWS.map((x) => x + 0.5),
    ],
    [
      "a view",
      (old, { rows, fresh }) => {
        assign(old, indexCopy(old, rows, fresh));
        return sum(slice(old, [0, 0], [4, 2]), 0);
      },
      [12, 16],
    ],
    [
      "the caller",
      (old, { rows, fresh }) => {
        assign(old, indexCopy(old, rows, fresh));
        return old;
      },
      ROWS,
    ],
  ])("%s of the old content gets it", async (_, body, expected) => {
    const { result, state } = await step(body);
    expect(result).toEqual(expected);
    expect(state).toEqual(AFTER);
  });

  test("an index out of range is refused", async () => {
    const store = engine.store({ state: { shape: [5, 2], state: true } });
    const program = await engine.compileWith(store, rowsInputs, ({ state }, { rows, fresh }) => {
      assign(state as Tensor, indexCopy(state as Tensor, rows as Tensor, fresh as Tensor));
      return fresh as Tensor;
    });
    await expect(program.call({ rows: [3, 5], fresh: [1, 2, 3, 4] })).rejects.toMatchObject({ code: "DATA" });
  });

  test("a loss that is not finite leaves the state as it was", async () => {
    const store = engine.store({ w: { shape: [2], init: "ones" }, state: { shape: [5, 2], state: true } });
    store.set("state", ROWS);
    const program = await engine.compile(
      store,
      rowsInputs,
      ({ w, state }, { rows, fresh }) => {
        const now = indexCopy(state as Tensor, rows as Tensor, mul(fresh as Tensor, w as Tensor));
        assign(state as Tensor, now);
        return mean(now);
      },
      { optimizer: sgd({ lr: 0.1 }) },
    );
    await expect(program.step({ rows: [3, 1], fresh: [Number.NaN, 1, 1, 1] })).rejects.toMatchObject({ code: "DIVERGED" });
    await store.pull();
    expect([...store.get("state")]).toEqual(ROWS);
    await program.step({ rows: [3, 1], fresh: [-1, -2, -3, -4] });
    await store.pull();
    expect([...store.get("state")]).toEqual(AFTER);
  });
});

test("shapes and types that do not fit are named, and the gradient passes what was not replaced", async () => {
  const engine = new OwnEngine(await (TESTED_BACKENDS.at(-1) as (typeof TESTED_BACKENDS)[number]).open());
  const compile = (f: (x: Tensor, rows: Tensor, fresh: Tensor) => Tensor) =>
    engine.compileWith(engine.store({}), { x: [3, 2], rows: { shape: [1], dtype: "i32" }, fresh: [1, 2] }, (_, { x, rows, fresh }) =>
      f(x as Tensor, rows as Tensor, fresh as Tensor),
    );
  await expect(compile((x, rows) => indexCopy(x, rows, x))).rejects.toThrow(/one row per index.*got \[3, 2\]/);
  await expect(compile((x, _, fresh) => indexCopy(x, fresh, fresh))).rejects.toThrow(TetradError);
  const program = await compile((x, rows, fresh) => gradients(sum(indexCopy(x, rows, fresh)), [x])[0] as Tensor);
  const { output } = await program.call({ x: [1, 2, 3, 4, 5, 6], rows: [1], fresh: [7, 8] });
  expect([...(output as Float32Array)]).toEqual([1, 1, 0, 0, 1, 1]);
});
