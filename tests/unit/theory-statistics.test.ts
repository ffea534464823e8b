// p-values and criteria against 40-digit values (mpmath's gammainc and erf).
import { describe, expect, test } from "vitest";
import { correlationOf, criteria } from "../../packages/theory/src/criteria.js";
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
