// Robust losses: their densities by quadrature, and least squares with them against SciPy.
import {
  cauchyLoss,
  gaussLegendre,
  huberLoss,
  type Loss,
  levenbergMarquardt,
  parseTheory,
  softL1Loss,
  studentLoss,
  withLoss,
} from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { ROBUST_FITS, robustData } from "./theory-problems.js";
import { errorOf } from "./theory-support.js";

const LOSSES: Record<string, Loss> = {
  "huber 0.1": huberLoss(0.1),
  "huber 1.345": huberLoss(1.345),
  "soft_l1 0.8": softL1Loss(0.8),
  "soft_l1 20": softL1Loss(20),
  "cauchy 3": cauchyLoss(3),
  "student 5": studentLoss(5),
};

describe("losses", () => {
  test.each(Object.entries(LOSSES))("%s: its density has the mass and the information that it says", (_, loss) => {
    // z = sinh(sinh u) takes every tail in: what lies beyond |u| = 4, z = 3e11, is nothing.
    const { nodes, weights } = gaussLegendre(400);
    let [mass, information] = [0, 0];
    for (const side of [-1, 1])
      for (const [i, node] of nodes.entries()) {
        // In two pieces, since Huber's curvature jumps: the corner is where deviance leaves z².
        const corner = Math.asinh(Math.asinh(loss.curvature(1e-6) === 1 && loss.curvature(1e6) === 0 ? cornerOf(loss) : 1));
        for (const [from, to] of [
          [0, corner],
          [corner, 4],
        ] as const) {
          const u = from + ((to - from) * (node + 1)) / 2;
          const z = side * Math.sinh(Math.sinh(u));
          const density =
            Math.exp(-0.5 * loss.deviance(z)) * Math.cosh(Math.sinh(u)) * Math.cosh(u) * ((to - from) / 2) * (weights[i] as number);
          mass += density;
          information += density * loss.curvature(z);
        }
      }
    expect(Math.log(mass)).toBeCloseTo(loss.logNormalisation, 12);
    expect(information / mass).toBeCloseTo(loss.information, 12);
  });

  test.each(Object.entries(LOSSES))("%s: weight and curvature are its first and second slope", (_, loss) => {
    for (const z of [-7, -1, -0.3, 0.02, 0.9, 2.5, 40]) {
      const h = 1e-4 * Math.max(1, Math.abs(z));
      const slope = (at: number) => (loss.deviance(at + h) - loss.deviance(at - h)) / (4 * h);
      expect(Math.abs(slope(z) - loss.weight(z) * z)).toBeLessThan(2e-7 * Math.max(1, Math.abs(z)));
      expect(Math.abs((slope(z + h) - slope(z - h)) / (2 * h) - loss.curvature(z))).toBeLessThan(1e-5);
    }
    expect(loss.weight(0)).toBeCloseTo(loss.curvature(0), 15);
  });
});

/** Where Huber's deviance stops being z². */
function cornerOf(loss: Loss): number {
  let [low, high] = [1e-6, 1e6];
  for (let i = 0; i < 200; i++) {
    const middle = Math.sqrt(low * high);
    if (loss.curvature(middle) === 1) low = middle;
    else high = middle;
  }
  return low;
}

test.each(ROBUST_FITS)("Levenberg–Marquardt with $loss $scale: SciPy's minimum", ({ loss, scale, best, cost }) => {
  const { x, y, s } = robustData;
  const evaluate = ([a, l, c]: Float64Array) => ({
    residuals: x.map((at, i) => ((y[i] as number) - (a as number) * Math.exp(-at / (l as number)) - (c as number)) / (s[i] as number)),
    jacobian: x.flatMap((at, i) => {
      const e = Math.exp(-at / (l as number));
      return [e, ((a as number) * e * at) / (l as number) ** 2, 1].map((slope) => -slope / (s[i] as number));
    }),
  });
  const fit = levenbergMarquardt(
    withLoss(evaluate, { huber: huberLoss, soft_l1: softL1Loss, cauchy: cauchyLoss }[loss](scale)),
    [10, 4, 0.1],
  );
  expect(fit.status).toBe("converged");
  expect(fit.evaluations).toBeLessThan(40);
  best.forEach((value, i) => expect(fit.theta[i]).toBeCloseTo(value, 8)); // SciPy's own stop is worth nine digits
  expect(Math.abs(fit.sumOfSquares / 2 / cost - 1)).toBeLessThan(1e-14);
});

describe("in theory files", () => {
  const text = (likelihood: string, data = "x: x, y: y, error: s") =>
    `name: t\nmodel: a*x\ndata: { ${data} }\nlikelihood: ${likelihood}\nparameters: { a: { start: 1 } }`;

  test("a loss by SciPy's names", () => {
    expect(parseTheory(text("{ huber: 1.345 }")).noise).toEqual({ kind: "huber", scale: 1.345 });
    expect(parseTheory(text("{ soft_l1: 2 }")).noise).toEqual({ kind: "soft_l1", scale: 2 });
    expect(parseTheory(text("{ cauchy: 2 }")).noise).toEqual({ kind: "cauchy", scale: 2 });
  });

  test.each<[string, string, RegExp]>([
    ["a scale that is none", text("{ huber: 0 }"), /^likelihood: a loss needs a positive scale.* got 0/],
    ["a loss without a density", text("{ cauchy: 1 }"), /^likelihood: no density has this loss.*\{student: 1\}/],
    ["a covariance", text("{ huber: 1 }", "x: x, y: y, covariance: c.txt"), /a huber likelihood takes no covariance/],
    ["an offset", `${text("{ huber: 1 }")}\nmarginalise: offset`, /only a gaussian likelihood is marginalised/],
    ["another name", text("{ huebr: 1 }"), /likelihood.*(wrong kind of value|unknown key)/],
  ])("%s is refused", (_, yaml, message) => {
    const error = errorOf(() => parseTheory(yaml, { files: { "c.txt": "1" } }));
    expect(error.code).toBe("ARGUMENT");
    expect(error.message).toMatch(message);
  });
});
