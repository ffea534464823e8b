// p-values and criteria against 40-digit values (mpmath's gammainc and erf).
import { describe, expect, test } from "vitest";
import { correlationOf, criteria } from "../../packages/theory/src/criteria.js";
import { latinHypercube, random } from "../../packages/theory/src/random.js";
import { chiSquareSurvival, erf, incompleteGamma } from "../../packages/theory/src/special.js";

const SURVIVAL: [x: number, degrees: number, exact: number][] = [
  [14.499985774270998, 29, 0.9885374282130437],
  [0.5, 1, 0.4795001221869535],
  [3.84, 1, 0.050043521248705106],
  [0.001, 2, 0.9995001249791693],
  [1, 3, 0.8012519569012008],
  [10, 5, 0.07523524614651218],
  [1033.950083, 1046, 0.5986603865164936],
  [39.297928643718436, 38, 0.41154487296908443],
  [200, 20, 1.1253473960842733e-31],
  [5, 200, 1],
  [900, 1000, 0.9892827619087102],
  [1200, 1000, 1.2255942330622905e-5],
  [20, 10, 0.029252688076961072],
  [10000, 10000, 0.49811936596618267],
  [9800, 10000, 0.9220550437734861],
  [30, 1, 4.3204630578274975e-8],
  [500, 3, 4.771672031912758e-108],
];

const ERF: [x: number, exact: number][] = [
  [0, 0],
  [1e-10, 1.1283791670955126e-10],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2.5, 0.999593047982555],
  [4, 0.9999999845827421],
  [6, 1],
  [-0.7, -0.6778011938374184],
];

describe("statistics", () => {
  test.each(SURVIVAL)("P(χ² > %f, %i degrees) to 1e-12", (x, degrees, exact) => {
    expect(Math.abs(chiSquareSurvival(x, degrees) / exact - 1)).toBeLessThan(1e-12);
  });

  test.each(ERF)("erf(%f) to 1e-15", (x, exact) => {
    expect(Math.abs(erf(x) - exact)).toBeLessThanOrEqual(1e-15 * Math.abs(exact));
  });

  test("P + Q = 1 and both turn over at the switch of methods", () => {
    for (const a of [0.3, 1, 5, 11.9, 12, 400]) {
      for (const side of [-1e-9, 1e-9]) {
        const { lower, upper } = incompleteGamma(a, a + 1 + side);
        expect(lower + upper).toBe(1);
        expect(upper).toBeCloseTo(incompleteGamma(a, a + 1).upper, 8);
      }
    }
    expect(incompleteGamma(2, 0)).toEqual({ lower: 0, upper: 1 });
    expect(incompleteGamma(2, Infinity)).toEqual({ lower: 1, upper: 0 });
    expect(incompleteGamma(-1, 2).upper).toBeNaN();
    expect(chiSquareSurvival(-3, 4)).toBe(1);
  });

  test("criteria of the chronometer fit", () => {
    const fit = criteria(14.499985774270998, 31, 2);
    expect(fit.dof).toBe(29);
    expect(fit.aic).toBeCloseTo(18.499985774270996, 13);
    expect(fit.aicc).toBeCloseTo(18.928557202842427, 13);
    expect(fit.bic).toBeCloseTo(21.36796018324129, 13);
    expect(fit.pValue).toBeCloseTo(0.9885374282130438, 13);
  });

  test("as many parameters as data: no p-value and no AICc rather than numbers without meaning", () => {
    expect(criteria(0, 2, 2)).toMatchObject({ dof: 0, pValue: null, aicc: null });
    expect(criteria(0, 3, 2)).toMatchObject({ dof: 1, pValue: 1, aicc: null });
  });

  test("correlation", () => {
    const correlation = correlationOf(Float64Array.of(4, -3, -3, 9), 2);
    expect(Array.from(correlation)).toEqual([1, -0.5, -0.5, 1]);
  });
});

describe("random numbers", () => {
  test("uniform, seeded, and of 53 bits", () => {
    const source = random(11);
    const draws = Float64Array.from({ length: 20000 }, () => source.next());
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    const bins = new Array<number>(20).fill(0);
    for (const x of draws) bins[Math.floor(20 * x)] = (bins[Math.floor(20 * x)] as number) + 1;
    const chi2 = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquareSurvival(chi2, 19)).toBeGreaterThan(1e-4);
    const lag = draws.reduce((sum, x, i) => sum + (x - 0.5) * ((draws[i + 1] ?? 0.5) - 0.5), 0) / (draws.length / 12);
    expect(Math.abs(lag)).toBeLessThan(4 / Math.sqrt(draws.length));
    expect(draws.some((x) => (x * 2 ** 32) % 1 !== 0)).toBe(true);
    expect([random(11).next(), random(12).next()]).toEqual([draws[0], expect.not.closeTo(draws[0] as number, 6)]);
  });

  test("a Latin hypercube has one point in every slice of every axis", () => {
    const points = latinHypercube(17, 3, random(5));
    for (let axis = 0; axis < 3; axis++) {
      const slices = points.map((point) => Math.floor(17 * (point[axis] as number))).sort((a, b) => a - b);
      expect(slices).toEqual(Array.from({ length: 17 }, (_, i) => i));
    }
  });
});
