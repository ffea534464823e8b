// Checks that need a likelihood: against closed forms of straight lines, and whole verifications of right, wrong and degenerate theories.

import { createEngine, type Engine } from "@tetrad/engine";
import {
  checkReplicas,
  chiSquareSurvival,
  createLikelihood,
  fitLikelihood,
  gaussLegendre,
  modelDraws,
  parseTheory,
  predictFolds,
  recover,
  simulate,
  type TheoryData,
  tension,
  verifyTheory,
} from "@tetrad/theory";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cholesky, choleskySolve, dot, solveLowerTransposed } from "../../packages/theory/src/minimise/dense.js";
import { normalPair, random } from "../../packages/theory/src/random.js";
import { binomialProbability, recoveryFinding } from "../../packages/theory/src/verify/recovery.js";
import { tensionFinding } from "../../packages/theory/src/verify/tension.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const n = 24;
const x = Float64Array.from({ length: n }, (_, i) => i / 4);
const sigma = x.map((_, i) => 0.3 + 0.02 * i);
const LINE = parseTheory(
  "name: line\nmodel: a + b*x\ndata: {x: x, y: y, error: e}\nparameters:\n  a: {start: 1, bounds: [-20, 20]}\n  b: {start: 2, bounds: [-20, 20]}\n",
);
const design: TheoryData = { columns: { x, y: x, e: sigma } };
const measured = (seed: number): TheoryData => simulate(LINE, design, { seed })["line"] as TheoryData;

test("replicas of a straight line: the p-value of χ² is its integral over the posterior", async () => {
  const likelihood = await createLikelihood(engine, LINE, measured(3));
  const fit = fitLikelihood(likelihood);
  const { lower } = cholesky(Float64Array.from(likelihood.curvature([1, 2]).hessian), 2);
  const best = fit.parameters.map(({ value }) => value);
  const source = random(5);
  const draws = Array.from({ length: 4000 }, () =>
    solveLowerTransposed(lower as Float64Array, normalPair(source), 2).map((u, i) => u + (best[i] as number)),
  );
  const { tests, replicas } = checkReplicas(modelDraws(likelihood, draws), { seed: 9 });
  likelihood.close();
  // At a draw χ² of the data is its least value plus a χ² of two degrees, that of a replica a χ² of n.
  const { nodes, weights } = gaussLegendre(64);
  let exact = 0;
  nodes.forEach((node, i) => {
    const extra = 30 * (1 + node);
    exact += 30 * (weights[i] as number) * 0.5 * Math.exp(-extra / 2) * chiSquareSurvival(fit.chi2 + extra, n);
  });
  expect(replicas).toBe(4000);
  const [chi2, largest, smallest] = tests;
  expect(Math.abs((chi2?.pAbove as number) - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 4000));
  // Means: χ²min + 2 and n, whose standard deviations over draws are 2 and √(2n).
  expect(Math.abs((chi2?.measured as number) - fit.chi2 - 2)).toBeLessThan((4 * 2) / Math.sqrt(4000));
  expect(Math.abs((chi2?.replicated as number) - n)).toBeLessThan((4 * Math.sqrt(2 * n)) / Math.sqrt(4000));
  // The mean largest of 24 standard normal numbers is 1.9477 with a standard deviation of 0.49.
  expect(Math.abs((largest?.replicated as number) - 1.9477)).toBeLessThan((4 * 0.49) / Math.sqrt(4000));
  expect(Math.abs((smallest?.replicated as number) + 1.9477)).toBeLessThan((4 * 0.49) / Math.sqrt(4000));
});

test("each datum predicted by all others: residuals over 1 − h, as the hat matrix has them", async () => {
  const likelihood = await createLikelihood(engine, LINE, measured(3));
  const fit = fitLikelihood(likelihood);
  const found = await predictFolds(engine, LINE, likelihood.observed, { folds: n });
  likelihood.close();
  const [va, vab, vb] = [fit.covariance?.[0]?.[0], fit.covariance?.[0]?.[1], fit.covariance?.[1]?.[1]] as [number, number, number];
  fit.points.pulls.forEach((pull, i) => {
    const at = x[i] as number;
    const h = (va + 2 * at * vab + at * at * vb) / (sigma[i] as number) ** 2;
    // e/(σ√(1 − h)): numerator e/(1 − h), variance σ²/(1 − h). The band's slopes are differences, good to ten digits.
    expect(Math.abs((found.pulls[0]?.[i] as number) - pull / Math.sqrt(1 - h))).toBeLessThan(1e-8);
  });
  await expect(predictFolds(engine, LINE, likelihood.observed, { folds: n + 1 })).rejects.toMatchObject({ code: "ARGUMENT" });
});

test("parts of correlated data, given the others: by conditioning the joint normal density of all data", async () => {
  const both = parseTheory(
    `name: both
datasets:
  line: { model: a + b*x, data: {x: x, y: y, error: e}, marginalise: offset }
  slope: { model: b*x^2, data: {x: x, y: y, error: e} }
parameters:
  a: {start: 0, prior: {normal: [0, 0.001]}}
  b: {start: 2, prior: {normal: [1, 3]}}
`,
  );
  const size = 9;
  const at = Array.from({ length: size }, (_, i) => i / 3);
  const common = Float64Array.from({ length: size * size }, (_, e) => 0.5 * Math.exp(-Math.abs((e % size) - Math.floor(e / size)) / 4));
  const covariance = { source: "C", size, values: common, place: (row: number) => `C, row ${row + 1}` };
  const [line, slope] = both.sets as [(typeof both.sets)[number], (typeof both.sets)[number]];
  const sets = [{ ...line, data: { ...line.data, covariance } }, slope];
  const theory = { ...both, ...sets[0], name: both.name, modelText: both.modelText, sets };
  const source = random(3);
  const columns = (f: (x: number) => number) => ({
    columns: { x: at, y: at.map((own) => f(own) + 0.6 * normalPair(source)[0]), e: at.map((_, i) => 0.2 + 0.05 * i) },
  });
  const data = { line: columns((own) => 7 + 2 * own), slope: columns((own) => 2 * own * own) };
  const likelihood = await createLikelihood(engine, theory, data);
  const { foldOf, pulls, elpd, chi2, open } = await predictFolds(engine, theory, likelihood.observed, { folds: 3, seed: 1 });
  likelihood.close();
  expect(open).toBe(0);

  // All data at once: errors, the parameters' priors, and an offset of 7 ± 1000, which shrinks what is found by (0.5/1000)² of its distance from 7.
  const all = 2 * size;
  const y = [...data.line.columns.y, ...data.slope.columns.y];
  const sd = [...data.line.columns.e, ...data.slope.columns.e];
  const first = (i: number) => (i < size ? 1 : 0);
  const second = (i: number) => (i < size ? (at[i] as number) : (at[i - size] as number) ** 2);
  const mean = (i: number) => (i < size ? 7 : 0) + second(i);
  const joint = (i: number, j: number) =>
    (i === j ? (sd[i] as number) ** 2 : 0) +
    (i < size && j < size ? (common[i * size + j] as number) + 1e6 : 0) +
    1e-6 * first(i) * first(j) +
    9 * second(i) * second(j);
  const parts = foldOf.flat();
  let [exactChi2, exactElpd] = [0, 0];
  for (let fold = 0; fold < 3; fold++) {
    const rows = Array.from({ length: all }, (_, i) => i);
    const [held, kept] = [rows.filter((i) => parts[i] === fold), rows.filter((i) => parts[i] !== fold)];
    const block = (a: readonly number[], b: readonly number[]) => Float64Array.from(a.flatMap((i) => b.map((j) => joint(i, j))));
    const { lower } = cholesky(block(kept, kept), kept.length);
    const weights = held.map((i) => choleskySolve(lower as Float64Array, block([i], kept), kept.length));
    const residual = held.map((i, h) => {
      const known = kept.map((j) => (y[j] as number) - mean(j));
      return (y[i] as number) - mean(i) - dot(weights[h] as Float64Array, known);
    });
    const v = Float64Array.from(held.flatMap((i, h) => held.map((j) => joint(i, j) - dot(weights[h] as Float64Array, block([j], kept)))));
    const { lower: root } = cholesky(v, held.length);
    exactChi2 += dot(residual, choleskySolve(root as Float64Array, residual, held.length));
    held.forEach((i, h) => {
      const width = Math.sqrt(v[h * (held.length + 1)] as number);
      const pull = (residual[h] as number) / width;
      exactElpd -= 0.5 * pull * pull + Math.log(width * Math.sqrt(2 * Math.PI));
      expect(Math.abs((pulls.flatMap((own) => Array.from(own))[i] as number) - pull)).toBeLessThan(1e-6);
    });
  }
  expect(Math.abs(chi2 / exactChi2 - 1)).toBeLessThan(1e-6);
  expect(Math.abs(elpd / exactElpd - 1)).toBeLessThan(1e-6);
});

test("recovery of a straight line: exact intervals; the binomial test is SciPy's", async () => {
  for (const [successes, trials, p, exact] of [
    [25, 40, 0.6826894921370859, 0.49681739557727583],
    [12, 40, 0.6826894921370859, 1.0093387225281162e-6],
    [40, 40, 0.9544997361036416, 0.2626507735544636],
    [33, 40, 0.9544997361036416, 0.0020003674357128728],
    [7, 10, 0.5, 0.34375],
  ] as const)
    expect(Math.abs(binomialProbability(successes, trials, p) / exact - 1)).toBeLessThan(1e-10);
  const data = measured(3);
  const likelihood = await createLikelihood(engine, LINE, data);
  const fit = fitLikelihood(likelihood);
  likelihood.close();
  const found = await recover(engine, LINE, data, fit, { count: 30, seed: 4 });
  expect(found).toMatchObject({ fits: 30, unusable: 0 });
  // Pulls of a linear theory are standard normal whatever the data, so all of these hold for 99.9 % of seeds.
  for (const { bias, p1, p2 } of found.parameters) {
    expect(Math.abs(bias)).toBeLessThan(3.3);
    expect(Math.min(p1, p2)).toBeGreaterThan(1e-3);
  }
  expect(recoveryFinding(found).outcome).toBe("passed");
  // Uncertainties that are a third of the right ones are found out.
  const vain = {
    ...found,
    parameters: found.parameters.map((one) => ({ ...one, within1: 9, p1: binomialProbability(9, 30, 0.6826894921370859) })),
  };
  expect(recoveryFinding(vain)).toMatchObject({
    outcome: "failed",
    verdict: expect.stringContaining("one-sigma intervals hold the truth in 9 of 30 fits"),
  });
});

const outcomes = (findings: readonly { check: string; outcome: string }[]) =>
  Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]));

test("a right theory passes, with all criteria alike on the scale of −2 ln density", async () => {
  const found = await verifyTheory(engine, LINE, measured(3), { fits: 10, draws: 1000, seed: 1 });
  expect(outcomes(found.findings)).toEqual({
    ...{
      units: "skipped",
      limits: "skipped",
      fit: "passed",
      "chi-square": "passed",
      runs: "passed",
      normality: "passed",
      outlier: "passed",
      gradients: "passed",
      identifiability: "passed",
    },
    ...{
      posterior: "passed",
      "leave-one-out": "passed",
      "replicas-chi2": "passed",
      "replicas-largest": "passed",
      "replicas-smallest": "passed",
      folds: "passed",
      recovery: "passed",
    },
  });
  expect(found.outcome).toBe("passed");
  const { aic, dic, waic, loo } = found.information as NonNullable<typeof found.information>;
  // For a linear theory DIC is AIC but for the draws' own error, p_D = 2 ± 2/√400 or better; WAIC and LOO differ from it by fluctuations of order 1.
  expect(Math.abs(dic - aic)).toBeLessThan(0.4);
  expect(Math.abs(waic - aic)).toBeLessThan(4);
  expect(Math.abs(loo - waic)).toBeLessThan(0.5);
  expect(JSON.parse(JSON.stringify(found))).toMatchObject({ theory: "line", n });
});

test("a wrong theory fails where it is wrong", async () => {
  const bent = parseTheory("name: bent\nmodel: 1 + 2*x + 2*x^2 + 0*c\ndata: {x: x, y: y, error: e}\nparameters:\n  c: {start: 0}\n");
  const found = await verifyTheory(engine, LINE, simulate(bent, design, { seed: 2 })["bent"] as TheoryData, { draws: 0, fits: 0 });
  expect(outcomes(found.findings)).toMatchObject({
    "chi-square": "failed",
    runs: "failed",
    gradients: "passed",
    posterior: "skipped",
    recovery: "skipped",
    folds: "failed",
  });
  expect(found.outcome).toBe("failed");
  const again = await verifyTheory(engine, LINE, simulate(bent, design, { seed: 2 })["bent"] as TheoryData, { draws: 0, fits: 0 });
  expect(again.findings).toEqual(found.findings);
});

test("a degenerate theory: the direction is named, nothing is sampled", async () => {
  const twice = parseTheory(
    "name: twice\nmodel: a*b*x + c\ndata: {x: x, y: y, error: e}\nparameters:\n  a: {start: 1, bounds: [0.1, 9]}\n  b: {start: 2, bounds: [0.1, 9]}\n  c: {start: 0, bounds: [-9, 9]}\n",
  );
  const found = await verifyTheory(engine, twice, measured(3), { draws: 400, fits: 10 });
  expect(outcomes(found.findings)).toMatchObject({ identifiability: "failed", posterior: "skipped", recovery: "skipped" });
  expect(found.findings.find(({ check }) => check === "identifiability")?.verdict).toMatch(
    /moving a by .\d[\d.]* and b by .\d[\d.]* together changes nothing/,
  );
  await expect(verifyTheory(engine, twice, measured(3), { draws: 2 })).rejects.toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining("draws"),
  });
});

const TWO = parseTheory(`
name: two
datasets:
  near: {model: a, data: {x: x, y: y, error: e}}
  far: {model: a + b*x, data: {x: x, y: y, error: e}}
parameters:
  a: {start: 1, prior: {normal: [0, 0.1]}}
  b: {start: 1}
`);

test("tension of two sets: the squared difference of a over its variance, priors left out", async () => {
  const near = { columns: { x: [0, 0, 0], y: [1, 2, 3], e: [1, 1, 1] } };
  const far = { columns: { x: [-1, 0, 1], y: [6, 8.5, 9.5], e: [2, 2, 2] } };
  const likelihood = await createLikelihood(engine, TWO, { near, far });
  const found = await tension(engine, TWO, likelihood.observed, { a: 1, b: 1 });
  // a is 2 ± 1/√3 here and 8 ± 2/√3 there; b is told once.
  expect(found?.degrees).toBe(1);
  expect(found?.statistic).toBeCloseTo(36 / (5 / 3), 9);
  expect(found?.pValue).toBeCloseTo(chiSquareSurvival(36 / (5 / 3), 1), 12);
  expect(found?.furthest).toMatchObject({ name: "a", sets: ["near", "far"] });
  expect(found?.furthest?.shift).toBeCloseTo(-6 / Math.sqrt(5 / 3), 9);
  expect(tensionFinding(found)).toMatchObject({
    outcome: "failed",
    verdict: expect.stringContaining("by 4.6 standard deviations between near and far"),
  });
  likelihood.close();
  const apart = parseTheory(
    "name: apart\ndatasets:\n  near: {model: a, data: {x: x, y: y, error: e}}\n  far: {model: b*x, data: {x: x, y: y, error: e}}\nparameters:\n  a: {start: 1}\n  b: {start: 1}\n",
  );
  const other = await createLikelihood(engine, apart, { near, far });
  expect(tensionFinding(await tension(engine, apart, other.observed, {}))).toMatchObject({ outcome: "skipped" });
  other.close();
});

const LIMITS = `
name: open
model: H0*sqrt(Om*(1+z)^3 + Ok*(1+z)^2 + 1-Om-Ok)
data: {x: z, y: H, error: e, units: {H: km/s/Mpc}}
parameters:
  Om: {start: 0.3, bounds: [0, 1]}
  Ok: {start: 0.1, bounds: [-1, 1]}
  H0: {start: 70, bounds: [40, 110], unit: km/s/Mpc}
limits:
  - {name: empty, when: {Om: 0, Ok: 0}, equals: H0}
  - {name: Milne, when: {Om: 0, Ok: 1}, equals: H0*(1+z)}
  - {name: Hubble's law, when: {z: 1e-6}, formula: model_slope, equals: H0, within: 1e-5}
  - {name: wrong, when: {Ok: 0}, equals: H0*sqrt(Om*(1+z)^3), within: 0.01}
definitions:
  model_slope: H0*sqrt(Om*(1+z)^3 + Ok*(1+z)^2 + 1-Om-Ok)
`;

test("limits: what the file asserts, at the data and around the best fit; a wrong one fails with its place", async () => {
  const theory = parseTheory(LIMITS);
  const data = simulate(theory, { columns: { z: [0.1, 0.5, 1, 1.5, 2], H: [1, 1, 1, 1, 1], e: [5, 5, 5, 5, 5] } }, { seed: 1 })[
    "open"
  ] as TheoryData;
  const found = await verifyTheory(engine, theory, data, { draws: 0, fits: 0, folds: 0 });
  const limits = found.findings.filter(({ check }) => check.startsWith("limit "));
  expect(limits.map(({ outcome }) => outcome)).toEqual(["passed", "passed", "passed", "failed"]);
  expect(limits.map(({ numbers }) => numbers["points"])).toEqual([45, 45, 9, 45]);
  expect(limits[1]?.verdict).toMatch(/^model = H0\*\(1\+z\) where Om = 0, Ok = 1: holds at 45 points, to/);
  expect(limits[3]?.verdict).toMatch(/does not hold; at Om = [\d.]+, Ok = 0, H0 = [\d.]+, z = 0.1 they differ by/);
  expect(found.findings[0]).toMatchObject({ check: "units", outcome: "passed", verdict: expect.stringContaining("1 of 3 parameters") });
});

test("limits: beside 0 a difference counts against what the formula makes elsewhere, whatever the units", async () => {
  const theory = parseTheory(`
name: springs
model: k*x
data: {x: x, y: F, error: e}
parameters:
  k: {start: 2e-20}
  c: {start: 0.001, fixed: true}
limits:
  - {name: at rest, when: {x: 0}, equals: 0*k}
  - {name: nearly, when: {x: 0}, formula: k*(x+c), equals: 0*k}
`);
  const data = { columns: { x: [1, 2, 3], F: [2e-20, 4e-20, 6e-20], e: [1e-21, 1e-21, 1e-21] } };
  const { findings } = await verifyTheory(engine, theory, data, { draws: 0, fits: 0, folds: 0 });
  const limits = findings.filter(({ check }) => check.startsWith("limit "));
  expect(limits.map(({ outcome }) => outcome)).toEqual(["passed", "failed"]);
  expect(limits[1]?.numbers["worst"]).toBeCloseTo(0.001 / 3.001, 6);
});

test.each([
  ["{name: l, when: {Oh: 0}, equals: H0}", /Oh is neither a parameter .*did you mean "?Om/i],
  ["{name: l, equals: H0*Om*z1}", /z1/],
  ["{name: l, equals: Om}", /units do not match/],
  ["{name: l, equals: H0, within: -1}", /not negative/],
  ["{name: l, equls: H0}", /unknown key "equls".*did you mean/i],
  ["{name: l, when: {Om: one}, equals: H0}", /a finite number/],
])("limits: %s is refused with its line", (limit, message) => {
  const yaml = LIMITS.replace(/ {2}- \{name: empty.*/, `  - ${limit}`);
  let caught: unknown;
  try {
    parseTheory(yaml);
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: "ARGUMENT", message: expect.stringMatching(message) });
  expect((caught as Error).message).toContain("theory:10");
});

test("as many parameters as data: what says nothing is skipped, not praised", async () => {
  const two = { columns: { x: [0, 1], y: [0, 2], e: [0.5, 0.5] } };
  const found = await verifyTheory(engine, LINE, two, { draws: 0, fits: 0 });
  expect(outcomes(found.findings)).toMatchObject({
    "chi-square": "skipped",
    residuals: "skipped",
    folds: "skipped",
    identifiability: "passed",
  });
});

test.each([
  ["poisson", "likelihood: poisson", "{x: x, y: y}", [41, 33, 20, 18, 11, 9, 6, 5, 2, 2]],
  ["student", "likelihood: {student: 3}", "{x: x, y: y, error: e}", [40, 31, 24, 19, 15, 12, 9, 7, 5.5, 4]],
  ["a factor", "marginalise: scale", "{x: x, y: y, error: e}", [40, 31, 24, 19, 15, 12, 9, 7, 5.5, 4]],
])("%s: every check runs or says why not", async (_, extra, columns, y) => {
  const free = extra.includes("scale") ? "" : "  a: {start: 40, bounds: [1, 500]}\n";
  const theory = parseTheory(
    `name: decay\nmodel: ${free === "" ? "" : "a*"}exp(-x/t)\ndata: ${columns}\n${extra}\nparameters:\n${free}  t: {start: 4, bounds: [0.5, 20]}\n`,
  );
  const found = await verifyTheory(
    engine,
    theory,
    { columns: { x: y.map((_value, i) => i), y, e: y.map(() => 1) } },
    { fits: 4, draws: 600 },
  );
  expect(found.information).not.toBeNull();
  expect(found.findings.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  for (const { verdict } of found.findings) expect(verdict).not.toMatch(/NaN|undefined/);
});

test("a direction that only a prior closes is doubtful, and the posterior is judged", async () => {
  const product = parseTheory(
    "name: product\nmodel: a*b*x\ndata: {x: x, y: y, error: e}\nparameters:\n  a: {start: 1, bounds: [0.1, 9], prior: {normal: [1, 0.05]}}\n  b: {start: 2, bounds: [0.1, 9]}\n",
  );
  const data = simulate(product, design, { seed: 8 })["product"] as TheoryData;
  const found = await verifyTheory(engine, product, data, { fits: 0, folds: 0 });
  expect(outcomes(found.findings)).toMatchObject({ identifiability: "doubtful", posterior: "passed" });
  expect(found.findings.find(({ check }) => check === "identifiability")?.verdict).toMatch(
    /^Only with the priors: moving a by .* and b by /,
  );
  const single = await verifyTheory(engine, product, { columns: { x: [1], y: [2], e: [0.5] } }, { draws: 0, fits: 0 });
  expect(outcomes(single.findings)).toMatchObject({ folds: "skipped", "chi-square": "skipped" });
});

const PAIR = (limit: string) => `
name: pair
datasets:
  near: {model: a*z, data: {x: z, y: y, error: e}}
  far: {model: a*t, data: {x: t, y: y, error: e}}
parameters:
  a: {start: 1}
limits:
  - ${limit}
`;

test("limits of several data sets: the rows of the set whose columns they use; what is ambiguous is refused", async () => {
  const theory = parseTheory(PAIR("{name: at t, when: {a: 2}, formula: a*t, equals: t + t}"));
  expect(theory.limits?.[0]).toMatchObject({ set: 1, formulaText: "a*t", equalsText: "t + t", within: 1e-9 });
  const data = { near: { columns: { z: [1, 2], y: [1, 2], e: [1, 1] } }, far: { columns: { t: [1, 2, 3], y: [1, 2, 3], e: [1, 1, 1] } } };
  const found = await verifyTheory(engine, theory, data, { draws: 0, fits: 0, folds: 0 });
  expect(found.findings.find(({ check }) => check === "limit at t")).toMatchObject({ outcome: "passed", numbers: { points: 27 } });
  expect(() => parseTheory(PAIR("{name: l, equals: a}"))).toThrow(/several data sets have several models.*theory:9/s);
  expect(() => parseTheory(PAIR("{name: l, formula: a*t, equals: a*z}"))).toThrow(/no data set has all columns/);
  expect(parseTheory(PAIR("{name: l, when: {z: 1}, formula: a*t, equals: a*t*z}")).limits?.[0]?.set).toBe(1);
});
