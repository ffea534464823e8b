// Fits with robust losses: SciPy's optima by either method, uncertainties of both kinds, data that are drawn and outliers that are not followed.
import { createEngine, type Engine } from "@tetrad/engine";
import {
  type Columns,
  checkGradients,
  createLikelihood,
  fitTheory,
  GRADIENT_TOLERANCE,
  lossOf,
  type Noise,
  parseTheory,
  simulate,
} from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pointwiseLogLikelihood } from "../../packages/theory/src/verify/pointwise.js";
import { ROBUST_FITS, robustData } from "../unit/theory-problems.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

const decay = (likelihood: string) =>
  parseTheory(
    `name: decay\nmodel: a*exp(-x/l) + c\ndata: { x: x, y: y, error: s }\nlikelihood: ${likelihood}\nparameters: { a: { start: 10 }, l: { start: 4 }, c: { start: 0.1 } }`,
  );

describe.each(ROBUST_FITS)("$loss $scale", ({ loss, scale, best, cost, hessian, sandwich, gaussNewton }) => {
  test.each(["levenberg-marquardt", "lbfgs"] as const)("SciPy's optimum by %s", async (method) => {
    const fit = await fitTheory(engine, decay(`{ ${loss}: ${scale} }`), { columns: robustData }, { method });
    expect(fit).toMatchObject({ converged: true, method, pValue: null });
    // SciPy's own stop is worth nine digits; what follows from the optimum is compared at its precision.
    fit.parameters.forEach((parameter, i) => {
      expect(parameter.value).toBeCloseTo(best[i] as number, 8);
      expect(Math.abs((parameter.uncertainty as number) / (hessian[i] as number) - 1)).toBeLessThan(1e-7);
      expect(Math.abs((parameter.sandwichUncertainty as number) / Math.sqrt(12 / 9) / (sandwich[i] as number) - 1)).toBeLessThan(1e-7);
      expect(parameter.gaussNewtonUncertainty).toBeCloseTo(gaussNewton[i] as number, 7);
    });
    expect(Math.abs(fit.chi2 / (2 * cost) - 1)).toBeLessThan(1e-13);
    expect(fit.messages).toHaveLength(2);
    expect(fit.messages.join(" ")).toMatch(
      /Losses are robust.*By the data's own scatter \(sandwich\) the uncertainties are a 0\.\d+, l 0\.\d+, c 0\.\d+\./,
    );
  });

  test("value, slope and what one datum adds are those of one density", async () => {
    using likelihood = await createLikelihood(engine, decay(`{ ${loss}: ${scale} }`), { columns: robustData });
    const theta = [9, 5, 0.3];
    const { value, gradient } = likelihood.valueAndGradient(theta);
    const pointwise = pointwiseLogLikelihood(likelihood.observed[0] as (typeof likelihood.observed)[0], likelihood.predict(theta));
    expect(Math.abs(pointwise.reduce((sum, one) => sum + one, 0) / -value - 1)).toBeLessThan(1e-14);
    const { residuals, jacobian, sumOfSquares } = likelihood.residuals(theta);
    expect(Math.abs((sumOfSquares as number) / 2 + likelihood.observations.logDeterminant / 2 - value)).toBeLessThan(1e-12 * value);
    for (let j = 0; j < 3; j++) {
      const slope = Array.from(residuals).reduce((sum, r, i) => sum + r * (jacobian[i * 3 + j] as number), 0);
      expect(Math.abs(slope / (gradient[j] as number) - 1)).toBeLessThan(1e-12);
    }
  });
});

test("a datum at Huber's corner is no kink of the theory", async () => {
  // The pull at x = 1 is the scale itself, so that every step of the offset passes its corner.
  const theory = parseTheory(
    "name: t\nmodel: a + 0*x\ndata: { x: x, y: y, error: s }\nlikelihood: { huber: 1 }\nparameters: { a: { start: 0 } }",
  );
  using likelihood = await createLikelihood(engine, theory, { columns: { x: [0, 1, 2, 3], y: [0.2, 1, -0.7, -0.4], s: [1, 1, 1, 1] } });
  expect(checkGradients(likelihood, Float64Array.of(0), Float64Array.of(0.5)).worst).toBeLessThan(GRADIENT_TOLERANCE);
});

test.each<Noise>([
  { kind: "huber", scale: 0.7 },
  { kind: "soft_l1", scale: 0.8 },
  { kind: "cauchy", scale: 1.8 },
])("data drawn from $kind have its quantiles", (noise) => {
  const n = 20_000;
  const x = new Float64Array(n);
  const theory = parseTheory(
    `name: t\nmodel: a + 0*x\ndata: { x: x, y: y, error: s }\nlikelihood: { ${noise.kind}: ${(noise as { scale: number }).scale} }\nparameters: { a: { start: 3 } }`,
  );
  const drawn = simulate(theory, { columns: { x, y: x, s: x.map(() => 2) } }, { seed: 4 });
  const z = ((drawn["t"] as Columns).columns["y"] as Float64Array).map((value) => (value - 3) / 2).sort();
  const loss = lossOf(noise) as NonNullable<ReturnType<typeof lossOf>>;
  // The largest distance between the two distribution functions, Kolmogorov's: above 1.95/√n once in a thousand.
  const h = 1e-3;
  let mass = 0.5;
  let worst = 0;
  for (let at = 0; at < 10; at += h) {
    mass += h * Math.exp(-0.5 * loss.deviance(at + h / 2) - loss.logNormalisation);
    const below = (limit: number) => z.findIndex((value) => value > limit);
    if (Math.round((at + h) / h) % 100 === 0)
      for (const [limit, share] of [
        [at + h, mass],
        [-at - h, 1 - mass],
      ] as const)
        worst = Math.max(worst, Math.abs((below(limit) < 0 ? n : below(limit)) / n - share));
  }
  expect(worst).toBeLessThan(1.95 / Math.sqrt(n));
});

test("a joint fit of Gaussian and robust data, with a prior, is found by Levenberg–Marquardt; without outliers Huber's fit is the Gaussian one", async () => {
  const text = (law: string) => `name: joint
datasets:
  clean: { model: a + b*x, data: { x: x, y: y, error: s } }
  dirty: { model: a - b*x, data: { x: x, y: y, error: s }, likelihood: ${law} }
parameters: { a: { start: 1 }, b: { start: 1, prior: { normal: [0.45, 0.1] } } }`;
  const s = [0.1, 0.1, 0.1, 0.1];
  const data = (outlier: number) => ({
    clean: { columns: { x: [0, 1, 2, 3], y: [1.05, 1.52, 1.93, 2.51], s } },
    dirty: { columns: { x: [0, 1, 2, 3], y: [0.97, 0.55, 0.02 + outlier, -0.46], s } },
  });
  const plain = await fitTheory(engine, parseTheory(text("gaussian")), data(0));
  const same = await fitTheory(engine, parseTheory(text("{ huber: 3 }")), data(0));
  expect(same.method).toBe("levenberg-marquardt");
  plain.parameters.forEach(({ value, uncertainty }, i) => {
    expect(Math.abs(value - (same.parameters[i]?.value as number))).toBeLessThan(1e-9 * (uncertainty as number));
    expect(same.parameters[i]?.uncertainty).toBeCloseTo(uncertainty as number, 12);
  });
  const [far, farther] = await Promise.all(
    [5, 50].map((outlier) => fitTheory(engine, parseTheory(text("{ huber: 1.345 }")), data(outlier))),
  );
  // Beyond the corner a datum pulls the same wherever it lies.
  expect(far?.parameters[0]?.value).toBeCloseTo(farther?.parameters[0]?.value as number, 9);
  expect(Math.abs((far?.parameters[0]?.value as number) - (plain.parameters[0]?.value as number))).toBeLessThan(0.05);
  expect((await fitTheory(engine, parseTheory(text("gaussian")), data(5))).parameters[0]?.value).toBeGreaterThan(1.5);
});
