// What PyTorch's trajectories do not show of L-BFGS: convergence, forbidden regions, divergence, misuse.
import { type Evaluation, lbfgs, TetradError } from "@tetrad/engine";
import { describe, expect, test } from "vitest";

/** Σ (x − 1)² · scale. */
const bowl = (x: Float64Array): Evaluation => ({
  value: x.reduce((sum, v, i) => sum + (i + 1) * (v - 1) ** 2, 0),
  gradient: x.map((v, i) => 2 * (i + 1) * (v - 1)),
});

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof TetradError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

test("converges on a quadratic within its own number of axes, and says so", () => {
  const x = new Float64Array(5);
  const minimiser = lbfgs({ toleranceChange: 1e-16 });
  expect(minimiser.step(x, bowl)).toMatchObject({ value: 15, converged: true });
  for (const v of x) expect(v).toBeCloseTo(1, 7);
  expect(minimiser.step(x, bowl)).toMatchObject({ evaluations: 1, converged: true });
});

test("the gradient may be a view that the next evaluation overwrites", () => {
  const shared = new Float64Array(3);
  const x = new Float64Array(3);
  lbfgs({ toleranceChange: 1e-16 }).step(x, (at) => {
    const { value, gradient } = bowl(at);
    shared.set(gradient);
    return { value, gradient: shared };
  });
  for (const v of x) expect(v).toBeCloseTo(1, 7);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("the line search backs away from a region where the value is %d", (forbidden) => {
  // −log x + x has its minimum at 1 and no value for x ≤ 0, where the first long step would lead.
  const f = (x: Float64Array): Evaluation => {
    const v = x[0] as number;
    return v > 0 ? { value: v - Math.log(v), gradient: [1 - 1 / v] } : { value: forbidden, gradient: [Number.NaN] };
  };
  const x = Float64Array.of(9);
  const minimiser = lbfgs({ lr: 60, toleranceChange: 1e-16 });
  for (let i = 0; i < 5; i++) minimiser.step(x, f);
  expect(x[0]).toBeCloseTo(1, 6);
});

describe("divergence", () => {
  test("a value that is not finite at the start", () => {
    expect(codeOf(() => lbfgs().step(Float64Array.of(1), () => ({ value: Number.NaN, gradient: [1] })))).toBe("DIVERGED");
  });

  test("a fixed step into the void leaves x where it was", () => {
    const x = Float64Array.of(1);
    const f = (at: Float64Array): Evaluation => ({ value: (at[0] as number) > 0 ? (at[0] as number) : Number.NaN, gradient: [1] });
    expect(codeOf(() => lbfgs({ lr: 3, lineSearch: "none" }).step(x, f))).toBe("DIVERGED");
    expect([...x]).toEqual([1]);
  });
});

test.each([{ lr: 0 }, { lr: Number.NaN }, { maxIterations: 0 }, { maxEvaluations: 0 }, { historySize: 0 }])("refuses %j", (options) => {
  expect(codeOf(() => lbfgs(options))).toBe("ARGUMENT");
});
