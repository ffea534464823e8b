// Minimisers on classic problems: residuals and gradients by hand, so that no engine is involved.
import { TetradError } from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { boxLeastSquares } from "../../packages/theory/src/minimise/box-least-squares.js";
import { adam, gradientDescent } from "../../packages/theory/src/minimise/descent.js";
import { lbfgs } from "../../packages/theory/src/minimise/lbfgs.js";
import { levenbergMarquardt } from "../../packages/theory/src/minimise/levenberg-marquardt.js";
import { strongWolfe } from "../../packages/theory/src/minimise/line-search.js";
import { describeShared } from "../support/shared.js";
import {
  boundedDecay,
  type CertifiedProblem,
  decay,
  misra1a,
  type Problem,
  powellSingular,
  rosenbrock,
  sumOfSquares,
  thurber,
} from "./theory-problems.js";

const boundsOf = ({ lower, upper }: Problem) => ({ lower, upper });

/** Largest relative error of parameters; absolute where the solution is 0. */
function errorOf(theta: ArrayLike<number>, solution: readonly number[]): number {
  return Math.max(...solution.map((value, i) => Math.abs((theta[i] as number) - value) / (Math.abs(value) || 1)));
}

const runs = (problems: readonly Problem[]) =>
  problems.flatMap((problem) => problem.starts.map((start, k) => ({ name: `${problem.name} from start ${k + 1}`, problem, start })));

describe("levenbergMarquardt", () => {
  test.each(runs([rosenbrock, misra1a, thurber, decay, boundedDecay]))("$name to 1e-12", ({ problem, start }) => {
    const result = levenbergMarquardt(problem.evaluate, start, boundsOf(problem));
    expect(["converged", "zero"]).toContain(result.status);
    expect(errorOf(result.theta, problem.solution)).toBeLessThan(1e-12);
    expect(Math.abs(result.sumOfSquares - problem.minimum)).toBeLessThan(1e-13 * (1 + problem.minimum));
    expect(result.evaluations).toBeLessThan(80);
  });

  test.each(runs([misra1a, thurber]))("$name: NIST's eleven certified digits", ({ problem, start }) => {
    const { theta } = levenbergMarquardt(problem.evaluate, start);
    expect(errorOf(theta, (problem as CertifiedProblem).certified)).toBeLessThan(1e-10);
  });

  test("a Jacobian that is singular at the solution", () => {
    const result = levenbergMarquardt(powellSingular.evaluate, powellSingular.starts[0] as readonly number[]);
    expect(result.status).toBe("zero");
    expect(result.sumOfSquares).toBeLessThan(1e-26);
    expect(errorOf(result.theta, powellSingular.solution)).toBeLessThan(1e-6);
  });

  test("an active bound is reported and held exactly", () => {
    const result = levenbergMarquardt(boundedDecay.evaluate, boundedDecay.starts[0] as readonly number[], boundsOf(boundedDecay));
    expect(Array.from(result.active)).toEqual([0, 0, 1]);
    expect(result.theta[2]).toBe(0.2);
  });

  test("a start in a corner of the box leaves the bounds that do not hold it", () => {
    const result = levenbergMarquardt(decay.evaluate, [10, 0, 0], { lower: [0, 0, 0], upper: [10, 2, 1] });
    expect(errorOf(result.theta, decay.solution)).toBeLessThan(1e-12);
  });

  test("steps into undefined territory are taken back", () => {
    // sqrt(θ) − 0.1 from θ = 4: the first Gauss–Newton step leads to θ < 0.
    let outside = 0;
    const result = levenbergMarquardt(
      ([theta = 0]) => {
        if (theta < 0) outside++;
        return { residuals: [Math.sqrt(theta) - 0.1, 0], jacobian: [0.5 / Math.sqrt(theta), 0] };
      },
      [4],
    );
    expect(outside).toBeGreaterThan(0);
    expect(result.theta[0]).toBeCloseTo(0.01, 12);
  });

  test("a wrong Jacobian is reported as stalled, not as converged", () => {
    const result = levenbergMarquardt(([theta = 0]) => ({ residuals: [theta - 3], jacobian: [-1] }), [1]);
    expect(result.status).toBe("stalled");
  });

  test("the allowance of evaluations and the callback end it", () => {
    const [start] = thurber.starts as [readonly number[]];
    expect(levenbergMarquardt(thurber.evaluate, start, { maxEvaluations: 5 })).toMatchObject({ status: "evaluations", evaluations: 5 });
    expect(levenbergMarquardt(thurber.evaluate, start, { onIteration: ({ iteration }) => iteration < 3 })).toMatchObject({
      status: "cancelled",
      iterations: 3,
    });
  });

  test.each([
    [[0.5], { lower: [1], upper: [2] }, /start of parameter 0 is outside its bounds/],
    [[Number.NaN], {}, /start of parameter 0/],
    [[1], { lower: [2], upper: [2] }, /hold no interval/],
    [[1], { lower: [0, 0] }, /wrong length/],
  ])("bad bounds %j %j", (start, options, message) => {
    const run = () => levenbergMarquardt(() => ({ residuals: [0], jacobian: [1] }), start, options);
    expect(run).toThrow(TetradError);
    expect(run).toThrow(message);
  });

  test("residuals that are not finite at the start are a DATA error", () => {
    expect(() => levenbergMarquardt(() => ({ residuals: [Number.NaN], jacobian: [1] }), [1])).toThrow(/not finite at the start/);
  });
});

describe("boxLeastSquares", () => {
  test("equals the best of all combinations of free and fixed parameters", () => {
    // A seeded sweep of random triangles; the oracle tries all 3^3 assignments and keeps the best feasible point.
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    };
    for (let trial = 0; trial < 200; trial++) {
      const r = Float64Array.from({ length: 9 }, (_, k) => (k % 3 >= Math.floor(k / 3) ? random() * 2 : 0));
      for (let i = 0; i < 3; i++) r[i * 4] = 0.5 + Math.abs(r[i * 4] as number);
      const q = Float64Array.from({ length: 3 }, () => 3 * random());
      const limits = {
        lower: Float64Array.from({ length: 3 }, () => -Math.abs(random())),
        upper: Float64Array.from({ length: 3 }, () => Math.abs(random())),
      };
      const scale = Float64Array.of(1, 2, 0.5);
      const damping = trial % 2 === 0 ? 0 : 0.3;
      const cost = (p: ArrayLike<number>) => {
        let sum = 0;
        for (let i = 0; i < 3; i++) {
          let row = q[i] as number;
          for (let j = 0; j < 3; j++) row += (r[i * 3 + j] as number) * (p[j] as number);
          sum += row * row + damping * ((scale[i] as number) * (p[i] as number)) ** 2;
        }
        return sum;
      };
      const p = boxLeastSquares(r, q, 3, limits, scale, damping) as Float64Array;
      for (let i = 0; i < 3; i++) {
        expect(p[i]).toBeGreaterThanOrEqual(limits.lower[i] as number);
        expect(p[i]).toBeLessThanOrEqual(limits.upper[i] as number);
      }
      const value = cost(p);
      // The problem is strictly convex: no feasible neighbour may be lower, at any distance.
      for (let k = 0; k < 60; k++) {
        const size = 10 ** (-6 * Math.abs(random()));
        const near = Array.from(p, (x, i) => Math.min(Math.max(x + size * random(), limits.lower[i] as number), limits.upper[i] as number));
        expect(cost(near)).toBeGreaterThanOrEqual(value - 1e-13 * (1 + value));
      }
    }
  });
});

describe("lbfgs", () => {
  const cases = [
    { problem: rosenbrock, tolerance: 1e-9 },
    { problem: powellSingular, tolerance: 1e-4 }, // f ~ x⁴ there: the value cannot tell 1e-5 from 0
    { problem: misra1a, tolerance: 1e-8 },
    { problem: thurber, tolerance: 1e-7 }, // values carry 1e-14·Σr², which hides relative changes of 1e-8
    { problem: decay, tolerance: 1e-9 },
    { problem: boundedDecay, tolerance: 1e-9 },
  ].flatMap((entry) => runs([entry.problem]).map((run) => ({ ...run, tolerance: entry.tolerance })));

  test.each(cases)("$name to $tolerance", ({ problem, start, tolerance }) => {
    const result = lbfgs(sumOfSquares(problem), start, { ...boundsOf(problem), scale: start.map((x) => Math.abs(x) || 1) });
    expect(["gradient", "precision"]).toContain(result.status);
    expect(errorOf(result.theta, problem.solution)).toBeLessThan(tolerance);
    expect(result.value - problem.minimum).toBeLessThan(1e-12 * (1 + problem.minimum));
    expect(result.evaluations).toBeLessThan(400);
  });

  test("many bounds at once: a convex quadratic in 60 dimensions meets its optimality conditions", () => {
    const n = 60;
    // ½ xᵀA x − bᵀx, A tridiagonal with condition number about 1e3; the minimiser without bounds leaves the box in most coordinates.
    const diagonal = (i: number) => 2.001 + i * i * 0.5;
    const f = (x: ArrayLike<number>) => {
      const gradient = new Float64Array(n);
      let value = 0;
      for (let i = 0; i < n; i++) {
        const ax = diagonal(i) * (x[i] as number) - (i > 0 ? (x[i - 1] as number) : 0) - (i < n - 1 ? (x[i + 1] as number) : 0);
        const b = 40 * Math.sin(1.7 * i);
        gradient[i] = ax - b;
        value += (x[i] as number) * (0.5 * ax - b);
      }
      return { value, gradient };
    };
    const lower = new Float64Array(n).fill(-0.5);
    const upper = new Float64Array(n).fill(0.25);
    const result = lbfgs(f, new Float64Array(n), { lower, upper });
    expect(result.gradientNorm).toBeLessThan(1e-7);
    const held = result.active.filter((side) => side !== 0).length;
    expect(held).toBeGreaterThan(5);
    expect(held).toBeLessThan(55);
    for (let i = 0; i < n; i++) {
      const slope = result.gradient[i] as number;
      if (result.active[i] === 1) expect(slope).toBeLessThanOrEqual(0);
      else if (result.active[i] === -1) expect(slope).toBeGreaterThanOrEqual(0);
      else expect(Math.abs(slope)).toBeLessThan(1e-7);
    }
  });

  test("every trial point lies in the box", () => {
    const [start] = boundedDecay.starts as [readonly number[]];
    const f = sumOfSquares(boundedDecay);
    lbfgs(
      (theta) => {
        theta.forEach((x, i) => {
          expect(x).toBeGreaterThanOrEqual((boundedDecay.lower as number[])[i] as number);
          expect(x).toBeLessThanOrEqual((boundedDecay.upper as number[])[i] as number);
        });
        return f(theta);
      },
      start,
      boundsOf(boundedDecay),
    );
  });

  test("a function undefined beyond an edge is minimised up to it", () => {
    // −ln(1 − x) − 3x: minimum at x = 2/3, undefined from 1 on; the first unit step lands there.
    const result = lbfgs(([x = 0]) => ({ value: -Math.log(1 - x) - 3 * x, gradient: [1 / (1 - x) - 3] }), [0.05]);
    expect(result.theta[0]).toBeCloseTo(2 / 3, 8);
  });

  test("allowance, tolerance on the value, and the callback end it", () => {
    const f = sumOfSquares(rosenbrock);
    expect(lbfgs(f, [-1.2, 1], { maxEvaluations: 7 })).toMatchObject({ status: "evaluations", evaluations: 7 });
    expect(lbfgs(f, [-1.2, 1], { valueTolerance: 1e-3 }).status).toBe("value");
    expect(lbfgs(f, [-1.2, 1], { onIteration: ({ iteration }) => iteration < 4 })).toMatchObject({ status: "cancelled", iterations: 4 });
    expect(lbfgs(f, [1, 1])).toMatchObject({ status: "gradient", evaluations: 1 });
  });

  test("bad scale and undefined start", () => {
    expect(() => lbfgs(sumOfSquares(rosenbrock), [0, 0], { scale: [1, 0] })).toThrow(/scale is not a positive number/);
    expect(() => lbfgs(() => ({ value: Number.NaN, gradient: [0] }), [0])).toThrow(/not finite at the start/);
  });
});

describe("strongWolfe", () => {
  // The three kinds of function of Moré & Thuente's paper (section 5): flat tail, noisy-looking quartic, and one with tiny slope at 0.
  const functions: [name: string, phi: (a: number) => [number, number]][] = [
    ["-a / (a² + 2)", (a) => [-a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2]],
    ["(a + 0.004)⁵ − 2 (a + 0.004)⁴", (a) => [(a + 0.004) ** 5 - 2 * (a + 0.004) ** 4, 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3]],
    ["(a − 1)² / 2 with a wall", (a) => [(a - 1) ** 2 / 2 + (a > 3 ? Number.NaN : 0), a - 1]],
  ];
  const steps = [1e-3, 1e-1, 1, 1e1, 1e3];
  test.each(functions.flatMap(([name, phi]) => steps.map((first) => ({ name, phi, first }))))(
    "$name from a first step of $first",
    ({ phi, first }) => {
      const at = (step: number) => {
        const [value, slope] = phi(step);
        return { step, value, slope };
      };
      const origin = at(0);
      const found = strongWolfe(at, origin, { initialStep: first, maxStep: 1e10, decrease: 1e-3, curvature: 0.1 });
      expect(found.status).toBe("wolfe");
      expect(found.value).toBeLessThanOrEqual(origin.value + 1e-3 * found.step * origin.slope);
      expect(Math.abs(found.slope)).toBeLessThanOrEqual(0.1 * Math.abs(origin.slope));
      expect(found.evaluations).toBeLessThan(20);
    },
  );

  test("falls all the way to the largest step", () => {
    const found = strongWolfe(
      (step) => ({ step, value: -step, slope: -1 }),
      { step: 0, value: 0, slope: -1 },
      { initialStep: 1, maxStep: 7 },
    );
    expect(found).toMatchObject({ status: "bound", step: 7 });
  });
});

describeShared("optimise.json", "golden/science/optimise.json", (path) => {
  test("the problems above are the stored ones", async () => {
    const { readFile } = await import("node:fs/promises");
    const { problems } = JSON.parse(await readFile(path, "utf8"));
    const checks: [Problem, { start: number[]; sum_of_squares_at_start: number; gradient_at_start: number[] }[]][] = [
      [rosenbrock, problems.rosenbrock.runs],
      [powellSingular, problems.powell_singular.runs],
      [misra1a, problems.misra1a.runs],
      [thurber, problems.thurber.runs],
      [decay, problems.exponential_decay.runs.slice(0, 1)],
      [boundedDecay, problems.exponential_decay.runs.slice(1)],
    ];
    for (const [problem, stored] of checks) {
      expect(stored.map((run) => run.start)).toEqual(problem.starts);
      for (const run of stored) {
        const { value, gradient } = sumOfSquares(problem)(run.start);
        expect(Math.abs(value / run.sum_of_squares_at_start - 1)).toBeLessThan(1e-13);
        gradient.forEach((g, j) => {
          expect(Math.abs(g - (run.gradient_at_start[j] as number))).toBeLessThanOrEqual(1e-12 * Math.hypot(...run.gradient_at_start));
        });
      }
    }
    expect(problems.misra1a.certified.parameters).toEqual(misra1a.certified);
    expect(problems.thurber.certified.parameters).toEqual(thurber.certified);
    expect(problems.exponential_decay.exact_bounded.active).toEqual([0, 0, 1]);
  });
});

describe.each([
  ["adam", adam],
  ["gradientDescent", gradientDescent],
] as const)("%s", (_, descend) => {
  test("a bowl whose axes differ by 30, in units of 1e3 and 1e-3", () => {
    const bowl = ([a = 0, b = 0]: Float64Array) => {
      const [u, v] = [(a - 2000) / 1e3, (b + 0.003) * 1e3];
      return { value: u * u + 30 * v * v + u * v, gradient: [(2 * u + v) / 1e3, (60 * v + u) * 1e3] };
    };
    const found = descend(bowl, [5000, 0.001], { scale: [1e3, 1e-3], maxEvaluations: 5000 });
    expect(found.converged).toBe(true);
    expect(errorOf(found.theta, [2000, -0.003])).toBeLessThan(1e-6);
    expect(found.value).toBeLessThan(1e-11);
  });

  test("a bound that holds, a step into undefined territory, a budget that runs out", () => {
    const slope = (x: ArrayLike<number>) => ({ value: (x[0] as number) + 3, gradient: [1] });
    const held = descend(slope, [0.5], { lower: [-2] });
    expect(held).toMatchObject({ converged: true, value: 1 });
    const root = ([x = 0]: Float64Array) => ({ value: Math.sqrt(x) - x / 4, gradient: [0.5 / Math.sqrt(x) - 0.25] });
    const low = descend(root, [0.02], { learningRate: 1 });
    expect(low.value).toBeLessThan(0.13);
    expect(low.theta[0]).toBeGreaterThanOrEqual(0);
    const short = descend(sumOfSquares(rosenbrock), rosenbrock.starts[0] as readonly number[], { maxEvaluations: 40 });
    expect(short).toMatchObject({ converged: false, evaluations: 40 });
    expect(() => descend(slope, [Number.NaN])).toThrow(TetradError);
    expect(() => descend(() => ({ value: Number.NaN, gradient: [0] }), [1])).toThrow("not finite at the start");
  });
});
