// Minimisers without derivatives on problems with known answers, and Sobol' points against scipy's.
import { cmaEs, nelderMead, sobol } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { random } from "../../packages/theory/src/random.js";
import { boundedDecay, decay, misra1a, type Problem, powellSingular, rosenbrock, sumOfSquares } from "./theory-problems.js";
import { errorOf } from "./theory-support.js";

const sphere = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value, i) => sum + (i + 1) * (value - i) ** 2, 0);
const sumOf = (problem: Problem) => {
  const f = sumOfSquares(problem);
  return (x: ArrayLike<number>) => f(x).value;
};

describe.each([
  ["nelderMead", nelderMead],
  ["cmaEs", cmaEs],
] as const)("%s", (_, minimise) => {
  test.each([rosenbrock, decay, powellSingular])("$name", (problem) => {
    const found = minimise(sumOf(problem), problem.starts[0] as number[], { maxEvaluations: 20_000, tolerance: 1e-10 });
    expect(found.converged).toBe(true);
    expect(found.value - problem.minimum).toBeLessThan(1e-9);
    // Powell's minimum is flat in two directions: its value says all.
    if (problem !== powellSingular)
      problem.solution.forEach((value, i) => {
        expect(Math.abs((found.theta[i] as number) - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
      });
  });

  test("scales of 1e3 and 1e-4", () => {
    const found = minimise(sumOf(misra1a), [250, 0.0005], { scale: [10, 1e-5], maxEvaluations: 20_000, tolerance: 1e-10 });
    misra1a.solution.forEach((value, i) => {
      expect(Math.abs((found.theta[i] as number) / value - 1)).toBeLessThan(1e-6);
    });
  });

  test("a bound that holds", () => {
    const { lower = [], upper = [], starts, solution, minimum } = boundedDecay;
    const found = minimise(sumOf(boundedDecay), starts[0] as number[], { lower, upper, scale: [1, 0.1, 0.1], maxEvaluations: 40_000 });
    expect(found.value - minimum).toBeLessThan(1e-6);
    solution.forEach((value, i) => {
      expect(Math.abs((found.theta[i] as number) - value)).toBeLessThan(1e-3);
    });
    expect(found.theta.every((value, i) => value >= (lower[i] as number) && value <= (upper[i] as number))).toBe(true);
  });

  test("one parameter, and five", () => {
    expect(minimise(sphere, [3]).theta[0]).toBeCloseTo(0, 6);
    Array.from(minimise(sphere, [5, 5, 5, 5, 5]).theta).forEach((value, i) => {
      expect(value).toBeCloseTo(i, 6);
    });
  });

  test("where the function is undefined it counts as high; a budget that runs out is told", () => {
    const half = (x: ArrayLike<number>) => ((x[0] as number) < 0 ? Number.NaN : ((x[0] as number) - 0.5) ** 2);
    expect(minimise(half, [3]).theta[0]).toBeCloseTo(0.5, 6);
    const short = minimise(sumOf(rosenbrock), [-1.2, 1], { maxEvaluations: 30 });
    expect(short.converged).toBe(false);
    expect(short.evaluations).toBeLessThan(45);
    expect(errorOf(() => minimise(sphere, [2], { lower: [0], upper: [1] })).code).toBe("ARGUMENT");
  });
});

test("most of a box may be undefined: points there are all equally bad, and no better than others", () => {
  // Defined along a strip of the diagonal, with the minimum at its end.
  const strip = ([x = 0, y = 0]: ArrayLike<number> & Iterable<number>) => (Math.abs(y - x) > 0.3 ? Number.NaN : x * x + 100 * (y - x) ** 2);
  for (let seed = 0; seed < 5; seed++) expect(cmaEs(strip, [5, 5], { seed, maxEvaluations: 3000 }).value).toBeLessThan(1e-10);
  for (const minimise of [cmaEs, nelderMead]) expect(minimise(() => Number.NaN, [1, 1]).converged).toBe(false);
});

test("cmaEs leaves local minima that a descent ends in", () => {
  // Rastrigin's function with wells of depth 3 a unit apart
  const wells = (x: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value) => sum + value * value + 3 * (1 - Math.cos(2 * Math.PI * value)), 0);
  expect(nelderMead(wells, [4, 3], { scale: [0.1, 0.1] }).value).toBeGreaterThan(5);
  expect(cmaEs(wells, [4, 3], { scale: [3, 3], seed: 1 }).value).toBeLessThan(1e-10);
  expect(cmaEs(wells, [4, 3], { scale: [3, 3], seed: 1 })).toEqual(cmaEs(wells, [4, 3], { scale: [3, 3], seed: 1 }));
});

describe("sobol", () => {
  test("scipy's points in 21 dimensions", () => {
    // scipy 1.17.1: qmc.Sobol(21, scramble=False).random(64)[37]
    const expected = [
      0.921875, 0.640625, 0.578125, 0.921875, 0.765625, 0.296875, 0.171875, 0.796875, 0.609375, 0.171875, 0.015625, 0.078125, 0.578125,
      0.859375, 0.109375, 0.484375, 0.796875, 0.421875, 0.046875, 0.140625, 0.953125,
    ];
    expect(Array.from(sobol(64, 21)[37] as Float64Array)).toEqual(expected);
  });

  test("shifted points keep one in every sixteenth of each axis", () => {
    const points = sobol(16, 5, random(3));
    for (let axis = 0; axis < 5; axis++) expect(new Set(points.map((point) => Math.floor(16 * (point[axis] as number)))).size).toBe(16);
    expect(points).not.toEqual(sobol(16, 5, random(4)));
    expect(errorOf(() => sobol(1, 22)).message).toMatch(/too many dimensions — got 22, expected at most 21/);
  });
});
