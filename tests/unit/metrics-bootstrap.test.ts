// Intervals of figures and comparisons of two runs, against distributions in closed form and statsmodels' values.
import { bootstrapInterval, mcnemar, pairedBootstrap } from "@tetrad/engine";
import { expect, test } from "vitest";

const mean = (values: ArrayLike<number>) => (examples: Int32Array) =>
  examples.reduce((sum, i) => sum + (values[i] as number), 0) / examples.length;

test("the interval of a share is that of the binomial distribution", () => {
  const right = Array.from({ length: 200 }, (_, i) => Number(i < 160));
  // scipy.stats.binom.ppf([0.025, 0.975], 200, 0.8) / 200 = 0.745, 0.855; of 0.05 and 0.95: 0.755, 0.845.
  // The standard error of the 2.5 % quantile of 5,000 draws is 4 % of one of the mean, 0.001; neighbouring shares lie 0.005 apart.
  const { value, low, high } = bootstrapInterval(200, mean(right), { resamples: 5000 });
  expect(value).toBe(0.8);
  expect(Math.abs(low - 0.745)).toBeLessThanOrEqual(0.005 + 1e-12);
  expect(Math.abs(high - 0.855)).toBeLessThanOrEqual(0.005 + 1e-12);
  const narrow = bootstrapInterval(200, mean(right), { resamples: 5000, confidence: 0.9 });
  expect(Math.abs(narrow.low - 0.755)).toBeLessThanOrEqual(0.005 + 1e-12);
  expect(Math.abs(narrow.high - 0.845)).toBeLessThanOrEqual(0.005 + 1e-12);
});

test("every example is drawn as often as any other", () => {
  const drawn = [0, 0, 0, 0, 0, 0, 0];
  const count = (examples: Int32Array) => {
    for (const i of examples) drawn[i] = (drawn[i] as number) + 1;
    return 0;
  };
  bootstrapInterval(7, count, { resamples: 3000 });
  // All seven once, then 3,000 each: χ² of six degrees of freedom is beyond 22.5 once in a thousand.
  expect(drawn.reduce((sum, n) => sum + (n - 3001) ** 2 / 3000, 0)).toBeLessThan(22.5);
});

test("equal seeds draw equally, other seeds otherwise, and figures without a value do not count", () => {
  const values = Array.from({ length: 50 }, (_, i) => (i * 37) % 101);
  const one = bootstrapInterval(50, mean(values));
  expect(bootstrapInterval(50, mean(values))).toEqual(one);
  expect(bootstrapInterval(50, mean(values), { seed: 1 })).not.toEqual(one);
  const seldom = bootstrapInterval(2, ([first, second]) => (first === second ? Number.NaN : 0.5));
  expect(seldom).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  expect(bootstrapInterval(1, mean([3]))).toEqual({ value: 3, low: 3, high: 3 });
});

test("two runs on the same examples are compared by what each example differs", () => {
  const first = Array.from({ length: 400 }, (_, i) => ((i * 37) % 101) / 101);
  const second = first.map((value, i) => value + 0.04 * Math.sin(1.7 * i) + 0.003);
  const { difference, p, ...figures } = pairedBootstrap(400, mean(first), mean(second), { resamples: 5000 });
  expect(figures).toEqual({ first: mean(first)(Int32Array.from(first.keys())), second: mean(second)(Int32Array.from(first.keys())) });
  // d = second − first: d.mean() = 0.0029877491, 1.959964 · d.std() / 20 = 0.0027684916, 2 · norm.sf(|d.mean()| / (d.std() / 20)) = 0.0344139
  expect(difference.value).toBeCloseTo(0.0029877491, 9);
  // Quantiles of 5,000 draws have standard errors of 4 % of the mean's own, 0.0014125; three of them
  expect(Math.abs(difference.low - (0.0029877491 - 0.0027684916))).toBeLessThan(0.0014125 * 0.12);
  expect(Math.abs(difference.high - (0.0029877491 + 0.0027684916))).toBeLessThan(0.0014125 * 0.12);
  // Twice a share: 2 √(0.0172 · 0.9828 / 5000) = 0.0037, three times
  expect(Math.abs(p - 0.0344139)).toBeLessThan(0.011);
  expect(pairedBootstrap(400, mean(first), mean(first)).p).toBe(1);
});

// statsmodels.stats.contingency_tables.mcnemar([[0, b], [c, 0]], exact=b + c < 25), its statistic and pvalue
test.each([
  [3, 9, 3, 0.14599609375],
  [0, 6, 0, 0.03125],
  [12, 12, 12, 1],
  [0, 0, 0, 1],
  [30, 14, 5.113636363636363, 0.023738515250054576],
  [25, 0, 23.04, 1.5866563039511885e-6],
  [20, 20, 0.025, 0.8743670611628918],
  [150, 210, 9.669444444444444, 0.001873579598675071],
])("McNemar: %i and %i", (onlyFirst, onlySecond, statistic, p) => {
  const right = (first: boolean, second: boolean, times: number) => Array.from({ length: times }, () => [first, second] as const);
  const pairs = [...right(true, true, 40), ...right(true, false, onlyFirst), ...right(false, true, onlySecond), ...right(false, false, 3)];
  const got = mcnemar(
    pairs.map(([first]) => first),
    pairs.map(([, second]) => second),
  );
  expect(got).toEqual({
    onlyFirst,
    onlySecond,
    statistic: expect.closeTo(statistic, 13),
    p: expect.any(Number),
    exact: onlyFirst + onlySecond < 25,
  });
  expect(Math.abs(got.p / p - 1)).toBeLessThan(1e-13);
});

test("what cannot be drawn from is said", () => {
  expect(() => bootstrapInterval(0, () => 0)).toThrow(/no examples/);
  expect(() => bootstrapInterval(3, () => 0, { resamples: 0 })).toThrow(/takes a resample/);
  expect(() => bootstrapInterval(3, () => 0, { confidence: 95 })).toThrow(/out of range.*95/);
  expect(() => mcnemar([true], [])).toThrow(/1 and 0/);
});
