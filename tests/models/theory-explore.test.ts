// Explorations of theories with data on the CPU's kernels: scans against single calls, profiles against SciPy's roots and closed forms.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine, readTable } from "@tetrad/engine";
import {
  createBatch,
  createLikelihood,
  evaluate,
  fitLikelihood,
  loadTheories,
  parameterValues,
  parseTheory,
  profileLikelihood,
  type ScanDesign,
  scan,
  type Theory,
} from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../examples/cosmic-chronometers/", import.meta.url));
const golden = JSON.parse(readFileSync(new URL("../goldens/explore/profiles.json", import.meta.url), "utf8")) as {
  "flat-lcdm": { chi2: number; profiles: Record<"Om" | "H0", { best: number; "1": [number, number]; "4": [number, number] }> };
};
const hz = readTable(readFileSync(`${folder}hz.csv`), "hz.csv");

let engine: Engine;
let flat: Theory;
beforeAll(async () => {
  engine = await createEngine({ threads: 2 });
  [flat] = (await loadTheories(`${folder}flat-lcdm.yaml`)) as [Theory];
});
afterAll(() => engine.close());

const line = parseTheory(`
name: line
model: a + b*x
data: { x: x, y: y, error: s }
parameters:
  a: { start: 1, bounds: [0.95, 5] }
  b: { start: 1, prior: { normal: [2, 10] } }
`);
const lineData = { columns: { x: [0, 1, 2, 3], y: [1.1, 2.9, 5.2, 6.8], s: [0.1, 0.2, 0.1, 0.2] } };

describe("scans", () => {
  test.each(["grid", "lhs", "sobol"] as const)(
    "%s: every point's likelihood and derived quantities as one by one",
    async (design: ScanDesign) => {
      using batch = await createBatch(engine, flat, hz, { block: 32 });
      using likelihood = await createLikelihood(engine, flat, hz);
      const seen: number[] = [];
      const result = await scan(batch, {
        design,
        points: 70, // no multiple of the block; a grid takes 8 × 8 of them
        seed: 5,
        ranges: { Om: [0.1, 0.6] },
        onProgress: (done) => seen.push(done),
      });
      const m = result.logLikelihood.length;
      expect(m).toBe(design === "grid" ? 64 : 70);
      expect(seen.at(-1)).toBe(m);
      for (let row = 0; row < m; row++) {
        const theta = result.theta.subarray(2 * row, 2 * row + 2);
        const single = -likelihood.valueAndGradient(theta).value;
        // Both sum the same 31 squares, in different orders: 31 roundings of the largest.
        expect(Math.abs((result.logLikelihood[row] as number) - single)).toBeLessThan(31 * 2.3e-16 * Math.abs(single));
        const [age] = evaluate((flat.derived[0] as (typeof flat.derived)[number]).expression, parameterValues(flat, theta)) as Float64Array;
        expect((result.derived[0]?.values[row] as number) / (age as number)).toBeCloseTo(1, 13);
      }
      expect(result.logLikelihood[result.best]).toBe(Math.max(...result.logLikelihood));
    },
  );

  test("a grid has both ends of every range, the last parameter changing fastest", async () => {
    using batch = await createBatch(engine, flat, hz, { block: 16 });
    const { theta, perAxis } = await scan(batch, { design: "grid", points: 9, ranges: { Om: [0.2, 0.4], H0: [60, 80] } });
    expect(perAxis).toBe(3);
    const rows = Array.from({ length: 9 }, (_, i) => Array.from(theta.subarray(2 * i, 2 * i + 2), (value) => Number(value.toFixed(12))));
    expect(rows).toEqual([0.2, 0.3, 0.4].flatMap((om) => [60, 70, 80].map((h0) => [om, h0])));
  });

  test("priors are left out; regions without a likelihood are counted; none at all is an error", async () => {
    const root = (term: string) =>
      parseTheory(`
name: root
model: sqrt(${term})*x
data: { x: x, y: y, error: s }
parameters: { a: { start: 1, bounds: [-1, 1], prior: { normal: [0, 0.1] } } }
`);
    using half = await createBatch(engine, root("a"), lineData, { block: 16 });
    const result = await scan(half, { design: "grid", points: 21 });
    expect(result.undefinedPoints).toBe(10);
    const chi2 = lineData.columns.y.reduce(
      (sum, y, i) => sum + ((y - (lineData.columns.x[i] as number)) / (lineData.columns.s[i] as number)) ** 2,
      0,
    );
    const norm = lineData.columns.s.reduce((sum, s) => sum + Math.log(2 * Math.PI * s * s), 0);
    expect(result.logLikelihood[20]).toBeCloseTo(-0.5 * (chi2 + norm), 9);
    using nowhere = await createBatch(engine, root("a - 2"), lineData, { block: 16 });
    await expect(scan(nowhere, { design: "sobol", points: 8 })).rejects.toMatchObject({ code: "DATA" });
  });

  test("an interrupted scan, too many points and a grid of too few are refused", async () => {
    using batch = await createBatch(engine, flat, hz, { block: 16 });
    const controller = new AbortController();
    const running = scan(batch, { design: "sobol", points: 4096, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(scan(batch, { design: "lhs", points: 1e9 })).rejects.toMatchObject({ code: "ARGUMENT" });
    await expect(scan(batch, { design: "grid", points: 3 })).rejects.toMatchObject({ code: "ARGUMENT" });
  });
});

describe("profile likelihoods", () => {
  test("flat ΛCDM: both sides' ends at Δχ² = 1 and 4 as SciPy's roots", async () => {
    using likelihood = await createLikelihood(engine, flat, hz);
    const { profiles, messages } = profileLikelihood(likelihood, fitLikelihood(likelihood));
    expect(messages).toEqual([]);
    for (const { name, best, intervals, minus, plus, values, rises } of profiles) {
      const exact = golden["flat-lcdm"].profiles[name as "Om" | "H0"];
      const sigma = (exact["1"][1] - exact["1"][0]) / 2;
      intervals.forEach(({ low, high, rise }) => {
        const [from, to] = exact[String(rise) as "1" | "4"];
        // A rise is met to 1e-6 of it, which is half a millionth of an error; SciPy's own minimum is good to 1e-6 of one.
        expect(Math.abs((low as number) - from) / sigma).toBeLessThan(3e-6);
        expect(Math.abs((high as number) - to) / sigma).toBeLessThan(3e-6);
      });
      expect(best - (minus as number)).toBeCloseTo(intervals[0]?.low as number, 10);
      expect(best + (plus as number)).toBeCloseTo(intervals[0]?.high as number, 10);
      expect(values[0]).toBeLessThan(intervals[1]?.low as number);
      expect(Math.min(...(rises as number[]))).toBeGreaterThan(-1e-9);
    }
  });

  test("a line: parabolas of the closed covariance, and an open side at a bound", async () => {
    using likelihood = await createLikelihood(engine, line, lineData);
    const fit = fitLikelihood(likelihood);
    const { profiles, messages } = profileLikelihood(likelihood, fit, { points: 5 });
    const [a, b] = profiles as [(typeof profiles)[number], (typeof profiles)[number]];
    const sigma = fit.parameters[0]?.uncertainty as number;
    expect((a.plus as number) / sigma).toBeCloseTo(1, 5);
    expect(((a.intervals[1]?.high as number) - a.best) / (2 * sigma)).toBeCloseTo(1, 5);
    // b may fall freely while a has not met its bound, which is 2 errors away at most: one error of b moves a by less.
    expect((b.plus as number) / (fit.parameters[1]?.uncertainty as number)).toBeCloseTo(1, 5);
    expect(a.intervals[1]?.low).toBeNull();
    expect(messages.join()).toMatch(/interval of a is cut by a bound/);
  });

  test("names that are no parameters are refused", async () => {
    using likelihood = await createLikelihood(engine, line, lineData);
    const fit = fitLikelihood(likelihood);
    expect(() => profileLikelihood(likelihood, fit, { names: ["c"] })).toThrow(/c is not a free parameter/);
  });
});
