// The numbers that benchmarks report: robust centres, intervals of ratios, and whether two runs differ.
import { mad, median, pairedRatio, unpairedRatio } from "@tetrad/bench";
import { describe, expect, test } from "vitest";
import { uniform } from "../../packages/bench/src/problems/random.js";

describe("median and MAD", () => {
  test("of odd and even counts, in any order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  test("one wild sample moves neither", () => {
    expect(median([1, 1.1, 0.9, 1000])).toBeCloseTo(1.05, 12);
    expect(mad([1, 1.1, 0.9, 1, 1000])).toBeCloseTo(0.1, 12);
  });
});

describe("ratios of times", () => {
  const next = uniform(9);
  const noisy = (centre: number, spread: number, count: number) =>
    Array.from({ length: count }, () => centre * (1 + spread * (next() - 0.5)));

  test("a slow spell that meets both sides of a round leaves no trace", () => {
    const spells = [1, 1, 3, 1, 5, 1, 1, 2, 1];
    const ours = spells.map((spell) => 2 * spell);
    const theirs = spells.map((spell) => 7 * spell);
    expect(pairedRatio(theirs, ours)).toEqual({ value: 3.5, low: 3.5, high: 3.5 });
  });

  test("the interval holds the value, narrows with less noise, and is the same in every run", () => {
    const ours = noisy(1, 0.1, 9);
    const wide = pairedRatio(noisy(2, 0.5, 9), ours);
    const narrow = pairedRatio(noisy(2, 0.02, 9), noisy(1, 0.02, 9));
    for (const { value, low, high } of [wide, narrow]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
    const [a, b] = [noisy(3, 0.2, 7), noisy(1, 0.2, 5)];
    expect(unpairedRatio(a, b)).toEqual(unpairedRatio(a, b));
  });

  test("95 % intervals hold the true ratio in about 95 of 100 experiments", () => {
    let held = 0;
    for (let i = 0; i < 200; i++) {
      const { low, high } = unpairedRatio(noisy(2, 0.2, 9), noisy(1, 0.2, 9));
      if (low <= 2 && high >= 2) held++;
    }
    // the percentile bootstrap of nine values is a little narrow (Efron and Tibshirani 1993, §14.3)
    expect(held).toBeGreaterThan(200 * 0.85);
    expect(held).toBeLessThanOrEqual(200);
  });
});
