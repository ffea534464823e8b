// Checks of theories against SciPy, statsmodels, ArviZ and exact counting (tests/goldens/verify/verify.py).
import { readFileSync } from "node:fs";
import { type DataSet, dic, fitPareto, identifiability, leaveOneOut, paretoSmooth, waic } from "@tetrad/theory";
import { expect, test } from "vitest";
import { observe } from "../../packages/theory/src/observations.js";
import { outcomeOf } from "../../packages/theory/src/verify/finding.js";
import { checkGradients, gradientFinding } from "../../packages/theory/src/verify/gradients.js";
import { identifiabilityFinding } from "../../packages/theory/src/verify/identifiability.js";
import { andersonDarling } from "../../packages/theory/src/verify/normality.js";
import { largestOutlier } from "../../packages/theory/src/verify/outlier.js";
import { pointwiseLogLikelihood } from "../../packages/theory/src/verify/pointwise.js";
import { runsTest } from "../../packages/theory/src/verify/runs.js";
import { errorOf } from "./theory-support.js";

interface Golden {
  runs: { x: number[]; runs: number; pFewer: number; pValue: number }[];
  longRuns: { signs: string; runs: number; pFewer: number; pNormal: number };
  anderson: { x: number[]; statistic: number; pValue: number }[];
  outliers: { pull: number; n: number; pValue: number }[];
  information: {
    x: number[];
    y: number[];
    sigma: number;
    draws: number[];
    loo: { elpd: number; error: number; parameters: number; pointwise: number[]; k: number[]; trustBelow: number };
    ownEfficiency: { efficiency: number; elpd: number };
    waic: { elpd: number; error: number; parameters: number };
    pareto: { excesses: number[]; k: number; sigma: number };
  };
  correlated: { covariance: number[]; y: number[]; model: number[] } & Record<"plain" | "offset" | "scale" | "both", number[]>;
}
const golden = JSON.parse(readFileSync(new URL("../goldens/verify/verify.json", import.meta.url), "utf8")) as Golden;

/** Largest |a − b| relative to max(1, |b|). */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return b.reduce((most, value, i) => Math.max(most, Math.abs((a[i] as number) - value) / Math.max(1, Math.abs(value))), 0);
}

test("runs: exact tails, of few and of many data; one sign has no distribution", () => {
  for (const { x, runs, pFewer, pValue } of golden.runs) {
    const found = runsTest(x);
    expect(found?.runs).toBe(runs);
    expect(distance([found?.pFewer as number, found?.pValue as number], [pFewer, pValue])).toBeLessThan(1e-12);
  }
  const { signs, runs, pFewer, pNormal } = golden.longRuns;
  const found = runsTest([...signs].map((sign) => (sign === "+" ? 1 : -1)));
  expect(found?.runs).toBe(runs);
  expect(Math.abs((found?.pFewer as number) / pFewer - 1)).toBeLessThan(1e-10);
  // The normal limit leaves out half a run of a standard deviation of ten: 2 · 0.4 · 0.05.
  expect(Math.abs((found?.pValue as number) - pNormal)).toBeLessThan(0.04);
  expect(runsTest([1, 2, 3])).toBeUndefined();
  expect(runsTest([1, 0, -1])?.runs).toBe(2);
});

test("normality: statsmodels' A² and p; too few or equal values have none", () => {
  for (const { x, statistic, pValue } of golden.anderson) {
    const found = andersonDarling(x);
    // A² sums n terms of up to n: their rounding is n² ε, some 1e-12.
    expect(Math.abs((found?.statistic as number) - statistic)).toBeLessThan(1e-11);
    expect(Math.abs((found?.pValue as number) / pValue - 1)).toBeLessThan(1e-9);
  }
  expect(andersonDarling([1, 2, 3])).toBeUndefined();
  expect(andersonDarling(new Float64Array(20).fill(2))).toBeUndefined();
});

test("residuals that are far from normal have a p-value near 0, however many and however far", () => {
  // Half at −1 and half at 1: A² grows with n. One of 2000 at 1e6 lies 45 standard deviations off, where Φ is 0 in double precision.
  const two = andersonDarling(Float64Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? -1 : 1)));
  const one = andersonDarling(Float64Array.from({ length: 2000 }, (_, i) => (i === 0 ? 1e6 : Math.sin(i))));
  for (const found of [two, one]) {
    expect(found?.statistic).toBeGreaterThan(300);
    expect(found?.pValue).toBeLessThan(1e-20);
  }
  expect([outcomeOf(Number.NaN), outcomeOf(5e-4), outcomeOf(0.01), outcomeOf(0.05)]).toEqual(["failed", "failed", "doubtful", "passed"]);
});

test("outliers: p of the largest of n", () => {
  for (const { pull, n, pValue } of golden.outliers) {
    const pulls = new Float64Array(n).fill(0.1);
    pulls[n - 3] = -pull;
    const found = largestOutlier(pulls);
    expect(found).toMatchObject({ row: n - 3, pull: -pull });
    expect(Math.abs(found.pValue / pValue - 1)).toBeLessThan(1e-11);
  }
});

/** ln p(y_i | a_s + b_s x_i) [S, n]. */
function lineDraws() {
  const { x, y, sigma, draws } = golden.information;
  const count = draws.length / 2;
  const values = new Float64Array(count * x.length);
  for (let s = 0; s < count; s++) {
    x.forEach((at, i) => {
      const pull = ((y[i] as number) - (draws[2 * s] as number) - (draws[2 * s + 1] as number) * at) / sigma;
      values[s * x.length + i] = -0.5 * pull * pull - Math.log(sigma * Math.sqrt(2 * Math.PI));
    });
  }
  return { values, draws: count, n: x.length };
}

test("PSIS-LOO and WAIC equal ArviZ's on the same draws, Pareto shapes too", () => {
  const { loo, waic: exact, ownEfficiency, pareto } = golden.information;
  const draws = lineDraws();
  const found = leaveOneOut(draws);
  expect(distance(found.pointwise, loo.pointwise)).toBeLessThan(1e-10);
  expect(distance(found.k, loo.k)).toBeLessThan(1e-9);
  expect(distance([found.elpd, found.error, found.parameters], [loo.elpd, loo.error, loo.parameters])).toBeLessThan(1e-10);
  expect(found.trustBelow).toBeCloseTo(loo.trustBelow, 12);
  expect(found.untrusted).toEqual(loo.k.flatMap((k, i) => (k > loo.trustBelow ? [i] : [])));
  expect(found.untrusted.length).toBeGreaterThan(0);
  expect(distance([leaveOneOut(draws, ownEfficiency.efficiency).elpd], [ownEfficiency.elpd])).toBeLessThan(1e-10);
  const own = waic(draws);
  expect(distance([own.elpd, own.error, own.parameters], [exact.elpd, exact.error, exact.parameters])).toBeLessThan(1e-10);
  const fitted = fitPareto(Float64Array.from(pareto.excesses));
  expect(distance([fitted.k, fitted.sigma], [pareto.k, pareto.sigma])).toBeLessThan(1e-10);
});

test("weights without a tail stay as they are, with k = ∞; densities that are not finite are refused", () => {
  const { logWeights, k } = paretoSmooth(new Float64Array(50));
  expect(k).toBe(Number.POSITIVE_INFINITY);
  expect(distance(logWeights, new Array<number>(50).fill(-Math.log(50)))).toBeLessThan(1e-14);
  const { values, draws, n } = lineDraws();
  values[3] = Number.NaN;
  expect(errorOf(() => waic({ values, draws, n }))).toMatchObject({ code: "ARGUMENT" });
  expect(errorOf(() => leaveOneOut({ values: new Float64Array(3), draws: 2, n: 2 }))).toMatchObject({ code: "ARGUMENT" });
});

test("correlated data, given the others: by conditioning the joint normal, with offset and factor integrated out", () => {
  const { covariance, y, model } = golden.correlated;
  const n = y.length;
  const data = {
    x: ["x"],
    y: "y",
    format: "table" as const,
    covariance: { source: "c", size: n, values: Float64Array.from(covariance), place: () => "c" },
  };
  const noise = { kind: "gaussian" as const };
  const observations = observe({ data, noise }, { columns: { x: new Float64Array(n), y } });
  for (const [what, marginaliseOffset, marginaliseScale] of [
    ["plain", false, false],
    ["offset", true, false],
    ["scale", false, true],
    ["both", true, true],
  ] as const) {
    const set = { data, noise, marginaliseOffset, marginaliseScale } as unknown as DataSet;
    expect(distance(pointwiseLogLikelihood({ set, observations }, Float64Array.from(model)), golden.correlated[what])).toBeLessThan(1e-10);
  }
});

test("DIC of a normal posterior of k parameters: p_D = k, DIC = χ² + constant + 2k", () => {
  // ln L = −½(5 + u²) for u of variance 1: two draws at ±1 have just that.
  expect(dic([-0.5 * 6, -0.5 * 6], -0.5 * 5)).toEqual({ dic: 7, parameters: 1 });
});

const line = (name: string) => ({ name, lower: -Infinity, upper: Infinity });

test("identifiability: eigenvalues of known matrices, degenerate directions in the parameters' own units", () => {
  // Correlation ρ of two parameters of widths 1/2 and 1/30 leaves scaled eigenvalues 1 ± ρ.
  const tilted = identifiability(Float64Array.of(4, 0.6 * 60, 0.6 * 60, 900), [line("a"), line("b")]);
  expect(distance(tilted.scaledEigenvalues, [0.4, 1.6])).toBeLessThan(1e-14);
  expect(distance(tilted.eigenvalues, [452 - Math.hypot(448, 36), 452 + Math.hypot(448, 36)])).toBeLessThan(1e-13);
  expect(tilted.condition).toBeCloseTo(4, 12);
  expect(identifiabilityFinding(tilted).outcome).toBe("passed");
  // The model sees a + 3b alone, and c: moving a by +3 and b by −1 changes nothing; and d not at all.
  const information = Float64Array.of(1, 3, 0, 0, 3, 9, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0);
  const open = identifiability(information, ["a", "b", "c", "d"].map(line));
  expect(open.unseen).toEqual(["d"]);
  expect(open.degenerate).toHaveLength(1);
  const [a, b] = open.degenerate[0]!.moves;
  expect((a?.by as number) / (b?.by as number)).toBeCloseTo(-3, 10);
  expect([a?.name, b?.name]).toEqual(["a", "b"]);
  const finding = identifiabilityFinding(open);
  expect(finding.outcome).toBe("failed");
  expect(finding.verdict).toMatch(/^No: the data do not depend on d; moving a by .* and b by .* together changes nothing/);
  const weak = identifiability(Float64Array.of(1, 1 - 1e-6, 1 - 1e-6, 1), [line("a"), line("b")]);
  expect(identifiabilityFinding(weak)).toMatchObject({ outcome: "doubtful", verdict: expect.stringMatching(/a by .* and b by .* hardly/) });
  const wide = identifiability(Float64Array.of(0.01), [{ name: "a", lower: 0, upper: 1 }]);
  expect(identifiabilityFinding(wide)).toMatchObject({
    outcome: "doubtful",
    verdict: expect.stringContaining("a is known no better than its bounds tell"),
  });
});

test("slopes: right ones pass, a wrong one is named, one near a bound is left out", () => {
  const parameters = [line("a"), { ...line("b"), lower: 0 }] as never;
  const likelihood = (fault: number) => ({
    parameters,
    valueAndGradient: ([a, b]: number[]) => ({
      value: Math.exp(a as number) + (b as number) ** 3,
      gradient: Float64Array.of(Math.exp(a as number), 3 * (b as number) ** 2 * (1 + fault)),
    }),
  });
  const at = Float64Array.of(0.3, 2);
  const scales = Float64Array.of(0.1, 0.1);
  const right = checkGradients(likelihood(0) as never, at, scales);
  expect(right.compared).toBe(8);
  expect(right.worst).toBeLessThan(1e-8);
  expect(gradientFinding(right).outcome).toBe("passed");
  const wrong = checkGradients(likelihood(1e-4) as never, at, scales);
  expect(wrong.parameter).toBe("b");
  expect(wrong.worst).toBeCloseTo(1e-4, 7);
  expect(gradientFinding(wrong)).toMatchObject({ outcome: "failed", verdict: expect.stringContaining("by b, differs") });
  expect(checkGradients(likelihood(1) as never, Float64Array.of(0.3, 0), Float64Array.of(0.1, 1e-30)).worst).toBeLessThan(1e-8);
});
