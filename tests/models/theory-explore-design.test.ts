// The next measurement against fits with that datum added, and regions by simulated experiments against closed forms.
import { createEngine, type Engine } from "@tetrad/engine";
import { createLikelihood, designNext, type FitResult, fitLikelihood, fitTheory, parseTheory, simulatedRegion } from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const parabola = (more = "") =>
  parseTheory(`
name: parabola
model: a*x + b*x^2
data: { x: x, y: y, error: s }
parameters: { a: { start: 1 }, b: { start: 1 } }
${more}
`);
const columns = { x: [0.5, 1, 2, 3], y: [1.4, 2.1, 5.9, 12.2], s: [0.1, 0.2, 0.1, 0.3] };
const errors = (fit: FitResult) => fit.parameters.map(({ uncertainty }) => uncertainty as number);

describe("the next measurement", () => {
  test.each(["", "marginalise: offset"])("errors as a fit with the datum has them %s", async (more) => {
    const theory = parabola(more);
    using likelihood = await createLikelihood(engine, theory, { columns });
    const fit = fitLikelihood(likelihood);
    const design = await designNext(engine, likelihood, fit, { candidates: { x: [0, 1.5, 4] }, error: 0.15 });
    expect(design.names).toEqual(["a", "b"]);
    design.before.forEach((error, i) => {
      expect(error).toBeCloseTo(errors(fit)[i] as number, 12);
    });
    for (const { x, after, information } of design.candidates) {
      // A linear theory's errors do not depend on what is measured.
      const added = { x: [...columns.x, x["x"] as number], y: [...columns.y, 7], s: [...columns.s, 0.15] };
      const refitted = await fitTheory(engine, theory, { columns: added });
      after.forEach((error, i) => {
        expect(error / (errors(refitted)[i] as number)).toBeCloseTo(1, 10);
      });
      const determinant = ([[a, b], [, d]] = refitted.covariance as [[number, number], [number, number]]) => a * d - b * b;
      const [[a, b], [, d]] = fit.covariance as [[number, number], [number, number]];
      expect(information).toBeCloseTo(0.5 * Math.log((a * d - b * b) / determinant()), 9);
    }
    // Without an offset, nothing is learnt where all parabolas meet.
    if (more === "") expect(design.candidates[0]?.information).toBe(0);
  });

  test("the error of the nearest datum, and sets and columns that are not there", async () => {
    using likelihood = await createLikelihood(engine, parabola(), { columns });
    const fit = fitLikelihood(likelihood);
    const { candidates } = await designNext(engine, likelihood, fit, { candidates: { x: [0.9, 2.8] } });
    expect(candidates.map(({ error }) => error)).toEqual([0.2, 0.3]);
    await expect(designNext(engine, likelihood, fit, { candidates: { x: [1] }, set: "other" })).rejects.toMatchObject({ code: "ARGUMENT" });
    await expect(designNext(engine, likelihood, fit, { candidates: { z: [1] } })).rejects.toMatchObject({ code: "DATA" });
  });
});

describe("regions by simulated experiments", () => {
  test("a positive mean measured as 0 ± 1: below 1.645 with 90 % (Feldman and Cousins), not 1.28 or 1.645 of both sides", async () => {
    const theory = parseTheory(
      "name: mean\nmodel: mu + 0*x\ndata: { x: x, y: y, error: s }\nparameters: { mu: { start: 1, bounds: [0, 20] } }\n",
    );
    using likelihood = await createLikelihood(engine, theory, { columns: { x: [0], y: [0], s: [1] } });
    const fit = fitLikelihood(likelihood);
    const values = [0, 0.4, 0.8, 1.2, 1.4, 1.6, 1.8, 2, 2.4];
    const { intervals, tested } = await simulatedRegion(likelihood, fit, { name: "mu", values, toys: 1500, level: 0.9 });
    // The critical rise at μ is the c with P(Δ ≤ c) = 0.9; where the datum is 0 it meets μ² at the normal quantile 1.6449. Its error is
    // √(0.09/1500)/f(2.71) = 0.12 in the rise, 0.038 in μ: 0.1 is 2.7 of them, and the seed is fixed.
    expect(intervals).toHaveLength(1);
    expect(intervals[0]?.low).toBeNull();
    expect(Math.abs((intervals[0]?.high as number) - 1.6449)).toBeLessThan(0.1);
    // At μ = 0 half of all experiments do not rise at all, and 90 % stay below the one-sided 1.2816².
    expect(Math.abs((tested[0]?.critical as number) - 1.2816 ** 2)).toBeLessThan(3 * 0.12);
  });

  test("a line with a marginalised offset: far from bounds the critical rise is χ²'s", async () => {
    using likelihood = await createLikelihood(engine, parabola("marginalise: offset"), { columns });
    const fit = fitLikelihood(likelihood);
    const { intervals, tested, best } = await simulatedRegion(likelihood, fit, { name: "b", toys: 300, seed: 2 });
    const mean = tested.reduce((sum, { critical }) => sum + critical, 0) / tested.length;
    // 21 × 300 experiments, √(p(1−p)/6300)/f(1) = 0.0242.
    expect(Math.abs(mean - 1)).toBeLessThan(3 * 0.0242);
    const sigma = errors(fit)[1] as number;
    expect(Math.abs(((intervals[0]?.high as number) - best) / sigma - 1)).toBeLessThan(0.15);
    expect(Math.abs((best - (intervals[0]?.low as number)) / sigma - 1)).toBeLessThan(0.15);
  });

  test("likelihoods that are no sums of squares, and unknown names, are refused", async () => {
    using likelihood = await createLikelihood(engine, parabola("likelihood: { student: 3 }"), { columns });
    const fit = fitLikelihood(likelihood);
    await expect(simulatedRegion(likelihood, fit, { name: "a" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(simulatedRegion(likelihood, fit, { name: "c" })).rejects.toMatchObject({ code: "ARGUMENT" });
  });
});
