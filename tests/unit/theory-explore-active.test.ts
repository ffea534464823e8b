// Explorations that choose their own points: Gaussian processes against NumPy, optima and boundaries against closed forms.
import { readFileSync } from "node:fs";
import { bayesianOptimum, findBoundary, GaussianProcess, parseCondition, parseTheory } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { errorOf } from "./theory-support.js";

const golden = JSON.parse(readFileSync(new URL("../goldens/explore/gaussian-process.json", import.meta.url), "utf8")) as {
  x: number[][];
  y: number[];
  at: number[][];
  fixed: { lengths: number[]; mean: number[]; sd: number[]; logLikelihood: number };
  fitted: { lengths: number[]; logLikelihood: number };
};

describe("Gaussian processes", () => {
  const x = golden.x.map((point) => Float64Array.from(point));

  test("mean, deviation and likelihood as NumPy's", () => {
    const process = GaussianProcess.condition(x, golden.y, golden.fixed.lengths);
    // The correlations' condition number is below 1e4, so twelve digits are left of sixteen; √ of a difference from 1 costs the deviation some.
    expect(process.logLikelihood).toBeCloseTo(golden.fixed.logLikelihood, 9);
    golden.at.forEach((point, i) => {
      const { mean, sd } = process.at(point);
      expect(mean).toBeCloseTo(golden.fixed.mean[i] as number, 10);
      expect(sd).toBeCloseTo(golden.fixed.sd[i] as number, 9);
    });
  });

  test("the most likely lengths as SciPy's", () => {
    const process = GaussianProcess.fit(x, golden.y);
    // The search ends at 1e-3 of a length, where the likelihood is flat to its square.
    expect(process.logLikelihood).toBeCloseTo(golden.fitted.logLikelihood, 4);
    process.lengths.forEach((length, i) => {
      expect(Math.abs(Math.log(length / (golden.fitted.lengths[i] as number)))).toBeLessThan(0.01);
    });
  });

  test("points that coincide, and values that are missing or not finite, are refused", () => {
    expect(errorOf(() => GaussianProcess.condition([...x, x[0] as Float64Array], golden.y, [1, 1])).code).toBe("ARGUMENT");
    expect(errorOf(() => GaussianProcess.fit(x.slice(0, 2), [1, Number.NaN])).message).toMatch(/finite value for each/);
  });
});

describe("Bayesian optimisation", () => {
  test("Branin's function: 0.397887 in 40 evaluations", async () => {
    const branin = ([x = 0, y = 0]: ArrayLike<number> & Iterable<number>) =>
      (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    const { theta, value, asked } = await bayesianOptimum(
      branin,
      { lower: Float64Array.of(-5, 0), upper: Float64Array.of(10, 15) },
      { evaluations: 40 },
    );
    expect(value - 0.397887357729738).toBeGreaterThan(-1e-12);
    expect(value - 0.397887357729738).toBeLessThan(2e-3); // 200 random points come within 0.3 on the average
    expect(branin(theta)).toBe(value);
    expect(asked.values).toHaveLength(40);
  });

  test("regions without a value are stepped around, and all of it without one is an error", async () => {
    const box = { lower: Float64Array.of(-2), upper: Float64Array.of(4) };
    const { theta, undefinedPoints } = await bayesianOptimum(([x = 0]) => Math.sqrt(x) - x, box, { evaluations: 20 });
    expect(undefinedPoints).toBeGreaterThan(0);
    expect(theta[0]).toBe(4); // the other end of the box is the lowest: 2 − 4
    await expect(bayesianOptimum(() => Number.NaN, box)).rejects.toMatchObject({ code: "DATA" });
    await expect(bayesianOptimum(() => 0, box, { evaluations: 3 })).rejects.toMatchObject({ code: "ARGUMENT" });
  });
});

describe("boundaries", () => {
  test("one dimension: the zeros of the cosine, and the share where it is positive", async () => {
    const { crossings, share } = await findBoundary(([x = 0]) => Math.cos(x), { lower: Float64Array.of(0), upper: Float64Array.of(10) });
    expect(Array.from(crossings, (at) => Number((at / Math.PI).toFixed(11)))).toEqual([0.5, 1.5, 2.5]);
    expect(share).toBeCloseTo((1.5 * Math.PI) / 10, 11);
  });

  test("a circle: every point of the boundary on it, its area, and the sign everywhere but on the line", async () => {
    const box = { lower: Float64Array.of(-2, -2), upper: Float64Array.of(2, 2) };
    const { crossings, share, uncertain, probability } = await findBoundary(([x = 0, y = 0]) => 1 - x * x - y * y, box, {
      evaluations: 60,
      crossings: 16,
    });
    expect(crossings.length).toBe(32);
    for (let i = 0; i < crossings.length; i += 2) expect(Math.hypot(crossings[i] as number, crossings[i + 1] as number)).toBeCloseTo(1, 11);
    expect(share).toBeCloseTo(Math.PI / 16, 2);
    expect(uncertain).toBeLessThan(0.03);
    for (let i = 0; i < 400; i++) {
      const [x, y] = [-1.9 + (3.8 * (i % 20)) / 19, -1.9 + (3.8 * Math.floor(i / 20)) / 19];
      const radius = Math.hypot(x, y);
      if (Math.abs(radius - 1) > 0.05) expect((probability?.([x, y]) as number) > 0.5).toBe(radius < 1);
    }
  });

  test("what holds everywhere has no boundary; undefined counts as not holding", async () => {
    const box = { lower: Float64Array.of(-1), upper: Float64Array.of(1) };
    const always = await findBoundary(() => 1, box);
    expect([always.crossings.length, always.share]).toEqual([0, 1]);
    const root = await findBoundary(([x = 0]) => Math.sqrt(x - 0.25), box);
    expect(root.crossings[0]).toBeCloseTo(0.25, 11);
    expect(root.undefinedPoints).toBeGreaterThan(0);
  });
});

describe("boundaries within constraints", () => {
  const asked = (result: { asked: { theta: Float64Array } }, k: number) =>
    Array.from({ length: result.asked.theta.length / k }, (_, row) => Array.from(result.asked.theta.subarray(row * k, (row + 1) * k)));

  test("one dimension: pieces and shares to twelve digits, no crossing where a piece ends, the theory is asked nowhere else", async () => {
    const inside = ([x = 0]: Float64Array) => (x >= 1 && x <= 6) || x >= 7.5;
    const margin = ([x = 0]: Float64Array) => {
      if (!inside(Float64Array.of(x))) throw new Error(`asked at ${x}`);
      return Math.cos(x);
    };
    const result = await findBoundary(margin, { lower: Float64Array.of(0), upper: Float64Array.of(10) }, { inside });
    // The cosine is positive up to π/2, from 3π/2 to 6, and from 7.5 to 5π/2.
    expect(Array.from(result.crossings, (at) => Number((at / Math.PI).toFixed(11)))).toEqual([0.5, 1.5, 2.5]);
    expect(result.allowed).toBeCloseTo(0.75, 11);
    expect(result.share).toBeCloseTo((Math.PI / 2 - 1 + 6 - 1.5 * Math.PI + 2.5 * Math.PI - 7.5) / 7.5, 11);
    const none = await findBoundary(margin, { lower: Float64Array.of(2), upper: Float64Array.of(6.4) }, { inside: ([x = 0]) => x <= 4 });
    expect([none.crossings.length, none.share]).toEqual([0, 0]);
  });

  test("two dimensions: a half plane of a circle", async () => {
    const box = { lower: Float64Array.of(-2, -2), upper: Float64Array.of(2, 2) };
    const inside = ([x = 0, y = 0]: Float64Array) => x + y >= 0.5;
    const result = await findBoundary(([x = 0, y = 0]) => 1 - x * x - y * y, box, { evaluations: 60, crossings: 16, inside });
    expect(asked(result, 2).every((theta) => inside(Float64Array.from(theta)))).toBe(true);
    expect(asked(result, 2)).toHaveLength(60);
    expect(result.crossings.length).toBeGreaterThan(20);
    for (let i = 0; i < result.crossings.length; i += 2) {
      const [x, y] = [result.crossings[i] as number, result.crossings[i + 1] as number];
      expect(Math.hypot(x, y)).toBeCloseTo(1, 11);
      expect(x + y).toBeGreaterThanOrEqual(0.5);
    }
    // Above the line lie 3.5²/2 of the 16, and of the disc the segment beyond a chord at 0.5/√2.
    const chord = 0.5 / Math.SQRT2;
    expect(result.allowed).toBeCloseTo(3.5 ** 2 / 2 / 16, 2);
    expect(result.share).toBeCloseTo((Math.acos(chord) - chord * Math.sqrt(1 - chord ** 2)) / (3.5 ** 2 / 2), 2);
  });

  test("constraints that leave nothing of the ranges are an error", async () => {
    const inside = () => false;
    for (const k of [1, 2]) {
      const box = { lower: new Float64Array(k), upper: new Float64Array(k).fill(1) };
      await expect(findBoundary(() => 1, box, { inside })).rejects.toMatchObject({
        code: "DATA",
        message: expect.stringContaining("the constraints leave too little of the ranges"),
      });
    }
  });
});

describe("conditions", () => {
  const theory = parseTheory(`
name: line
model: a + b*x
data: { x: x, y: y, error: s }
parameters: { a: { start: 0 }, b: { start: 1 }, c: { start: 3, fixed: true } }
derived: { zero: -a/b }
`);

  test("margins have the sign of the truth", () => {
    const later = parseCondition(theory, "zero + c > 2*b");
    expect(later.margin([4, 2])).toBe(-2 + 3 - 4);
    expect(parseCondition(theory, "zero + c <= 2*b").margin([4, 2])).toBe(3);
    expect(parseCondition(theory, "chi2 < 4", (theta) => (theta[0] as number) ** 2).margin([1, 0])).toBe(3);
  });

  test("other texts are refused", () => {
    for (const text of ["a", "a > b > c", "> 2", "a = 2"]) expect(errorOf(() => parseCondition(theory, text)).code).toBe("ARGUMENT");
    expect(errorOf(() => parseCondition(theory, "zeroo > 1")).message).toMatch(/did you mean "zero"/);
    expect(errorOf(() => parseCondition(theory, "c > 2")).message).toMatch(/no free parameter/);
    expect(errorOf(() => parseCondition(theory, "constructor > 2")).code).toBe("ARGUMENT");
  });
});
