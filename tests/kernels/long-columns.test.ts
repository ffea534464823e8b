/** Sums of columns so long that rows are touched first, and parts of them are added in turn: rests of rows and of columns, the same bits for any number of threads. */
import { createEngine, max, mean, min, sum } from "@tetrad/engine";
import { expect, test } from "vitest";
import { BUILDS } from "../support/wasm-executor.js";

const SHAPES = [
  [1003, 203],
  [3001, 67],
  [97, 4133],
] as const;
const KINDS = { sum, mean, max, min } as const;

test.each(BUILDS.flatMap((build) => (["f32", "f64"] as const).map((dtype) => [build, dtype] as const)))("%s %s", async (build, dtype) => {
  for (const [rows, columns] of SHAPES) {
    const x = dtype === "f32" ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
    for (let i = 0; i < x.length; i++) x[i] = ((i * 7919) % 1000) / 999 - 0.4;
    const bits: Record<keyof typeof KINDS, ArrayLike<number>[]> = { sum: [], mean: [], max: [], min: [] };
    for (const threads of [1, 2, 4]) {
      const engine = await createEngine({ backend: "wasm", build, threads });
      const program = await engine.compileFunction(
        (inputs) => Object.fromEntries(Object.entries(KINDS).map(([name, f]) => [name, f(inputs["x"] as Parameters<typeof sum>[0], 0)])),
        { x: { shape: [rows, columns], dtype } },
      );
      const made = program.callSync({ x });
      for (const [name, all] of Object.entries(bits)) all.push((made[name] as typeof x).slice());
      program.close();
      await engine.close();
    }
    for (const [name, [one, two, four]] of Object.entries(bits)) {
      expect(two, name).toEqual(one);
      expect(four, name).toEqual(one);
    }
    for (const column of [0, 1, 15, 16, columns - 4, columns - 1]) {
      const values = Array.from({ length: rows }, (_, row) => x[row * columns + column] as number);
      const total = values.reduce((a, b) => a + b, 0);
      const wanted = { sum: total, mean: total / rows, max: Math.max(...values), min: Math.min(...values) };
      // Totals are f64 whatever the type: what is left is the rounding of the result.
      const ulp = dtype === "f32" ? 2 ** -24 : rows * 2 ** -53;
      for (const name of ["sum", "mean", "max", "min"] as const) {
        const value = wanted[name];
        const got = bits[name][0]?.[column] as number;
        expect(Math.abs(got - value), `${name} of column ${column} of ${rows} × ${columns}: ${got}, ${value}`).toBeLessThanOrEqual(
          ulp * Math.max(Math.abs(value), dtype === "f64" ? values.reduce((a, b) => a + Math.abs(b), 0) / (name === "mean" ? rows : 1) : 0),
        );
      }
    }
  }
});
