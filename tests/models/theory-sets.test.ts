// Data sets side by side and likelihoods that are not Gaussian: stored joint fits, densities summed by hand, marginal likelihoods by quadrature, synthetic data.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine, TetradError } from "@tetrad/engine";
import {
  compareTheories,
  createLikelihood,
  type FitResult,
  fitTheory,
  gaussLegendre,
  loadTheories,
  parseTheory,
  predict,
  readDataText,
  setLikelihoods,
  simulate,
  type Theory,
} from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lnGamma } from "../../packages/theory/src/special.js";
import { root } from "../support/root.js";
import { describeShared, sharedPath } from "../support/shared.js";

const relative = (value: number, exact: number) => Math.abs(value - exact) / Math.max(Math.abs(exact), 1e-300);

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

interface Stored {
  parameters: string[];
  best: number[];
  chi2: number;
  chi2_sn?: number;
  chi2_cc?: number;
  hessian_covariance: number[][];
  gauss_newton_covariance: number[][];
  offset: number;
  n_fitted: number;
  aic: number;
  aicc: number;
  bic: number;
  p_value: number;
}

function agrees(fit: FitResult, exact: Stored): void {
  expect(fit.converged).toBe(true);
  expect(fit.messages).toEqual([]);
  expect(fit.covarianceOf).toEqual(exact.parameters);
  exact.best.forEach((value, i) => {
    const sd = Math.sqrt(exact.hessian_covariance[i]?.[i] as number);
    expect(Math.abs((fit.parameters[i]?.value as number) - value)).toBeLessThan(1e-7 * sd);
    exact.best.forEach((_, j) => {
      const scale = sd * Math.sqrt(exact.hessian_covariance[j]?.[j] as number);
      expect(Math.abs((fit.covariance?.[i]?.[j] as number) - (exact.hessian_covariance[i]?.[j] as number))).toBeLessThan(1e-7 * scale);
      expect(Math.abs((fit.gaussNewtonCovariance?.[i]?.[j] as number) - (exact.gauss_newton_covariance[i]?.[j] as number))).toBeLessThan(
        1e-7 * scale,
      );
    });
  });
  expect(relative(fit.chi2, exact.chi2)).toBeLessThan(1e-11);
  expect(relative(fit.offset?.value as number, exact.offset)).toBeLessThan(1e-9);
  expect(fit.fitted).toBe(exact.n_fitted);
  for (const key of ["aic", "aicc", "bic"] as const) expect(relative(fit[key] as number, exact[key])).toBeLessThan(1e-11);
  expect(relative(fit.pValue as number, exact.p_value)).toBeLessThan(1e-10);
}

describeShared("fits.json by the example files", "golden/science/fits.json", (path) => {
  const stored = JSON.parse(readFileSync(path, "utf8"));
  const folder = sharedPath("data/cosmo-pantheon2018");
  const example = async (file: string): Promise<Theory> =>
    (await loadTheories(join(root, "examples/supernovae", file), { folder }))[0] as Theory;

  test.each(["flat-lcdm", "flat-w0cdm", "lcdm"])("%s: bins with systematics and without, 1048 supernovae", async (model) => {
    agrees(await fitTheory(engine, await example(`${model}.yaml`)), stored.sn["pantheon40-stat-sys"].fits[model]);
    const plain = await example(`${model}-stat.yaml`);
    for (const [name, file] of [
      ["pantheon40-stat", "lcparam_DS17f.txt"],
      ["pantheon1048-stat", "lcparam_full_long_zhel.txt"],
    ] as const) {
      const data = readDataText(readFileSync(join(folder, file), "utf8"), file, "supernovae");
      agrees(await fitTheory(engine, plain, data), stored.sn[name].fits[model]);
    }
  });

  test.each([
    ["joint-lcdm.yaml", "flat-lcdm"],
    ["joint-w0.yaml", "flat-w0cdm"],
    ["joint-w0wa.yaml", "flat-w0wacdm"],
  ])("%s: supernovae and chronometers", async (file, model) => {
    const exact = stored.sn_cc[model].fit as Stored;
    const theory = await example(file);
    const fit = await fitTheory(engine, theory);
    agrees(fit, exact);
    const theta = Float64Array.from(fit.covarianceOf, (name) => fit.parameters.find((one) => one.name === name)?.value as number);
    const parts = await setLikelihoods(engine, theory, undefined, theta);
    expect(parts.map(({ name }) => name)).toEqual(["supernovae", "chronometers"]);
    const sum = parts.reduce((total, { logLikelihood }) => total + (logLikelihood[0] as number), 0);
    expect(relative(sum, -fit.minusLogLikelihood)).toBeLessThan(1e-12);
    expect(fit.sets.map(({ name, n }) => [name, n])).toEqual([
      ["supernovae", 40],
      ["chronometers", 31],
    ]);
    expect(relative(fit.sets[0]?.chi2 as number, exact.chi2_sn as number)).toBeLessThan(1e-7);
    expect(relative(fit.sets[1]?.chi2 as number, exact.chi2_cc as number)).toBeLessThan(1e-7);
  });
});

const LINE = (more: string, data = "{ x: x, y: y, error: s }") =>
  parseTheory(`name: line\nmodel: a + b*x\ndata: ${data}\nparameters: { a: { start: 1.2 }, b: { start: 0.4 } }\n${more}`);
const columns = { x: [0, 1, 2, 3, 4, 5], y: [1.1, 1.4, 2.2, 2.3, 9, 3.1], s: [0.1, 0.2, 0.1, 0.3, 0.2, 0.1] };

describe("Student's t", () => {
  test("the density, summed by hand, and its slope", async () => {
    const theory = LINE("likelihood: { student: 3 }");
    const likelihood = await createLikelihood(engine, theory, { columns });
    const density = (a: number, b: number) =>
      columns.x.reduce((sum, x, i) => {
        const [s, t] = [columns.s[i] as number, ((columns.y[i] as number) - a - b * x) / (columns.s[i] as number)];
        return sum + lnGamma(1.5) - lnGamma(2) + 0.5 * Math.log(3 * Math.PI) + Math.log(s) + 2 * Math.log(1 + (t * t) / 3);
      }, 0);
    const { value, gradient } = likelihood.valueAndGradient([1, 0.5]);
    expect(relative(value, density(1, 0.5))).toBeLessThan(1e-14);
    const h = 1e-5;
    expect(relative(gradient[1] as number, (density(1, 0.5 + h) - density(1, 0.5 - h)) / (2 * h))).toBeLessThan(1e-8);
    expect(() => likelihood.residuals([1, 0.5])).toThrow(/no residuals/);
    likelihood.close();
  });

  test("an outlier of thirty errors does not drag the line along, as it does with Gaussian errors", async () => {
    const clean = {
      x: columns.x.filter((_, i) => i !== 4),
      y: columns.y.filter((_, i) => i !== 4),
      s: columns.s.filter((_, i) => i !== 4),
    };
    const slope = async (theory: Theory, data: typeof columns) =>
      (await fitTheory(engine, theory, { columns: data })).parameters[1]?.value as number;
    const expected = await slope(LINE(""), clean);
    expect(Math.abs((await slope(LINE("likelihood: { student: 2 }"), columns)) - expected)).toBeLessThan(0.03);
    expect(Math.abs((await slope(LINE(""), columns)) - expected)).toBeGreaterThan(0.15);
    const fit = await fitTheory(engine, LINE("likelihood: { student: 2 }"), { columns });
    const gaussian = { ...(await fitTheory(engine, LINE(""), { columns })), theory: "gaussian" };
    // χ² alone would prefer Student's t by more than the densities do: its constant is the larger one.
    const comparison = compareTheories([gaussian, fit]);
    expect(comparison.aic[0]?.theory).toBe("line");
    expect(comparison.aic[1]?.delta).toBeCloseTo(2 * (gaussian.minusLogLikelihood - fit.minusLogLikelihood), 9);
    expect(gaussian.aic - fit.aic - (comparison.aic[1]?.delta as number)).toBeGreaterThan(1);
    expect(comparison.summary.join()).toMatch(/different laws of errors \(gaussian: gaussian; line: student 2\)/);
    const correlated = { ...gaussian, sets: gaussian.sets.map((set) => ({ ...set, normalisation: set.normalisation - 1 })) };
    expect(() => compareTheories([gaussian, correlated])).toThrow(/different data/);
    expect(fit).toMatchObject({ pValue: null, converged: true, method: "lbfgs", gaussNewtonCovariance: null });
    expect(fit.messages.join()).toMatch(/Student's t/);
  });
});

describe("Poisson", () => {
  const counts = { low: [0, 1, 2, 3, 4], high: [1, 2, 3, 4, 5], y: [41, 24, 15, 0, 6] };
  const theory = parseTheory(`
name: decay
model: integrate(a*exp(-t/tau), t, low, high)
data: { x: [low, high], y: y, units: { low: s, high: s } }
likelihood: poisson
parameters:
  a: { start: 40, bounds: [0, .inf], unit: 1/s }
  tau: { start: 2, bounds: [0.1, 20], unit: s }
`);

  test("bins: the density, summed by hand; an empty bin counts", async () => {
    const likelihood = await createLikelihood(engine, theory, { columns: counts });
    const rate = (a: number, tau: number, i: number) =>
      a * tau * (Math.exp(-(counts.low[i] as number) / tau) - Math.exp(-(counts.high[i] as number) / tau));
    const density = (a: number, tau: number) =>
      counts.y.reduce((sum, y, i) => sum + rate(a, tau, i) - y * Math.log(rate(a, tau, i)) + lnGamma(y + 1), 0);
    expect(relative(likelihood.valueAndGradient([45, 1.7]).value, density(45, 1.7))).toBeLessThan(1e-13);
    likelihood.close();
    const fit = await fitTheory(engine, theory, { columns: counts });
    const [a, tau] = fit.parameters.map(({ value }) => value) as [number, number];
    const h = 1e-4;
    expect(Math.abs(density(a + h, tau) - density(a - h, tau)) / (2 * h)).toBeLessThan(1e-7);
    expect(Math.abs(density(a, tau + h) - density(a, tau - h)) / (2 * h)).toBeLessThan(1e-6);
    const curvature = (density(a + 0.01, tau) - 2 * density(a, tau) + density(a - 0.01, tau)) / 1e-4;
    const inverse = fit.covariance as number[][];
    const determinant = (inverse[0]?.[0] as number) * (inverse[1]?.[1] as number) - (inverse[0]?.[1] as number) ** 2;
    expect(relative((inverse[1]?.[1] as number) / determinant, curvature)).toBeLessThan(1e-5);
    const cash = counts.y.reduce((sum, y, i) => sum + 2 * (rate(a, tau, i) - y + (y > 0 ? y * Math.log(y / rate(a, tau, i)) : 0)), 0);
    expect(relative(fit.chi2, cash)).toBeLessThan(1e-11);
    expect(relative(fit.minusLogLikelihood, density(a, tau))).toBeLessThan(1e-12);
  });

  test("an expectation that is not positive is named with its bin", async () => {
    const negative = parseTheory(
      "name: n\nmodel: a + b*x\ndata: { x: x, y: y }\nlikelihood: poisson\nparameters: { a: { start: 1 }, b: { start: -1 } }",
    );
    const data = { columns: { x: [0, 1, 2], y: [3, 2, 1] } };
    await expect(fitTheory(engine, negative, data)).rejects.toThrow(
      /expected count is not positive at the start point at data, row 2 \(x = 1\): it is 0/,
    );
    await expect(fitTheory(engine, theory, { columns: { ...counts, y: [1, 2, -1, 0, 0] } })).rejects.toThrow(
      /a count is negative — got -1/,
    );
  });
});

describe("marginalised factors", () => {
  const shape = "name: s\nmodel: exp(-x/l)\ndata: { x: x, y: y, error: s }\nparameters: { l: { start: 2 } }\n";
  const data = { x: [0, 1, 2, 3, 4], y: [23.1, 13.9, 8.8, 5.2, 3.3], s: [0.3, 0.2, 0.2, 0.1, 0.1] };

  test.each([
    ["scale", 0],
    ["[offset, scale]", 1],
  ])("%s: the integral over it, by quadrature", async (marginalise, offsets) => {
    const likelihood = await createLikelihood(engine, parseTheory(`${shape}marginalise: ${marginalise}`), { columns: data });
    const { nodes, weights } = gaussLegendre(120);
    const at = (factor: number, offset: number, l: number) =>
      data.x.reduce((sum, x, i) => {
        const s = data.s[i] as number;
        return sum - 0.5 * (((data.y[i] as number) - factor * Math.exp(-x / l) - offset) / s) ** 2 - 0.5 * Math.log(2 * Math.PI * s * s);
      }, 0);
    // Both integrals over ±12 and more standard deviations of the factor (0.2) and the offset (0.1).
    const integral = (l: number) => {
      let sum = 0;
      for (let i = 0; i < nodes.length; i++) {
        const factor = 23 + 5 * (nodes[i] as number);
        if (offsets === 0) sum += 5 * (weights[i] as number) * Math.exp(at(factor, 0, l));
        else
          for (let j = 0; j < nodes.length; j++)
            sum += 15 * (weights[i] as number) * (weights[j] as number) * Math.exp(at(factor, 3 * (nodes[j] as number), l));
      }
      return -Math.log(sum);
    };
    expect(relative(likelihood.valueAndGradient([2.05]).value, integral(2.05))).toBeLessThan(1e-9);
    const h = 1e-3;
    const slope = (integral(2.05 + h) - integral(2.05 - h)) / (2 * h);
    expect(relative(likelihood.valueAndGradient([2.05]).gradient[0] as number, slope)).toBeLessThan(1e-4);
    likelihood.close();
    const fit = await fitTheory(engine, parseTheory(`${shape}marginalise: ${marginalise}`), { columns: data });
    expect(fit.fitted).toBe(2 + offsets);
    expect(fit.sets[0]?.scale?.value).toBeCloseTo(23, 0);
    expect(fit.sets[0]?.points.model[0]).toBeCloseTo(23.1, 0);
  });

  test("integrals that have not converged are judged by the model as it meets the data", async () => {
    // ∫ t^½ by 32 nodes is off by some 10⁻⁶ of itself: more than 10⁻⁶ of the errors with the factor of 10⁵, far less without it.
    const model = (factor: string) =>
      `name: i\nmodel: ${factor}*integrate(sqrt(t), t, 0, x)^p\ndata: { x: x, y: y, error: s }\nparameters: { p: { start: 1 } }\n`;
    const x = [1, 2, 3, 4, 5];
    const columns = { x, y: x.map((value, i) => 1e5 * (value ** 1.5 / 1.5) * (1 + (i % 2 === 0 ? 1e-3 : -1e-3))), s: x.map(() => 300) };
    const messages = async (text: string) => (await fitTheory(engine, parseTheory(text), { columns })).messages.join();
    expect(await messages(model("1e5"))).toMatch(/integrals have not converged/);
    expect(await messages(`${model("1")}marginalise: scale`)).toMatch(/integrals have not converged/);
  });
});

describe("synthetic data", () => {
  test("come back: the true parameters lie within 4 standard deviations, χ² within its own spread; the same seed gives the same data", async () => {
    const x = Array.from({ length: 400 }, (_, i) => i / 40);
    const given = { columns: { x, y: x.map(() => 0), s: x.map(() => 0.3) } };
    const values = { a: 0, b: 0.7 };
    const fixed = parseTheory(
      "name: l\nmodel: a + b*x\ndata: { x: x, y: y, error: s }\nparameters: { a: { start: 0 }, b: { start: 0.7 } }",
    );
    const one = simulate(fixed, given, { values, seed: 5 });
    expect(simulate(fixed, given, { values, seed: 5 })).toEqual(one);
    expect(simulate(fixed, given, { values, seed: 6 })).not.toEqual(one);
    const fit = await fitTheory(engine, fixed, one);
    fit.parameters.forEach(({ value, uncertainty, name }) => {
      expect(Math.abs(value - values[name as "a" | "b"])).toBeLessThan(4 * (uncertainty as number));
    });
    expect(Math.abs(fit.chi2 - 398)).toBeLessThan(4 * Math.sqrt(2 * 398));
  });

  test("counts have the model's mean and variance; correlated errors have their covariance", () => {
    const poisson = parseTheory(
      "name: p\nmodel: rate + 0*x\ndata: { x: x, y: y }\nlikelihood: poisson\nparameters: { rate: { start: 37 } }",
    );
    const x = new Float64Array(4000);
    const { columns: drawn } = simulate(poisson, { columns: { x, y: x } }, { seed: 1 })["p"] as { columns: Record<string, Float64Array> };
    const y = drawn["y"] as Float64Array;
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
    expect(Math.abs(mean - 37)).toBeLessThan(4 * Math.sqrt(37 / 4000));
    expect(Math.abs(variance - 37)).toBeLessThan(4 * 37 * Math.sqrt(2 / 4000));
    const correlated = parseTheory("name: c\nmodel: a + 0*x\ndata: { x: x, y: y, covariance: c.txt }\nparameters: { a: { start: 1 } }", {
      files: { "c.txt": "1 0.8\n0.8 2" },
    });
    let [xx, xy, yy] = [0, 0, 0];
    for (let seed = 0; seed < 4000; seed++) {
      const { columns: pair } = simulate(correlated, { columns: { x: [0, 0], y: [0, 0] } }, { seed })["c"] as {
        columns: Record<string, Float64Array>;
      };
      const [a, b] = Array.from(pair["y"] as Float64Array, (value) => value - 1) as [number, number];
      [xx, xy, yy] = [xx + a * a, xy + a * b, yy + b * b];
    }
    expect(Math.abs(xx / 4000 - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000));
    expect(Math.abs(xy / 4000 - 0.8)).toBeLessThan(4 * Math.sqrt((2 + 0.64) / 4000));
    expect(Math.abs(yy / 4000 - 2)).toBeLessThan(4 * 2 * Math.sqrt(2 / 4000));
  });
});

test("data sets and data that do not belong together", async () => {
  const two = parseTheory(
    "name: two\ndatasets:\n  a: { model: m, data: { x: x, y: y, error: s } }\n  b: { model: m*x, data: { x: x, y: y, error: s } }\nparameters: { m: { start: 1 } }",
  );
  const failure = async (data: Parameters<typeof fitTheory>[2]) => {
    const error = await fitTheory(engine, two, data).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TetradError);
    return (error as TetradError).message;
  };
  expect(await failure({ columns })).toMatch(/one table for several data sets — expected data by name: a, b/);
  expect(await failure({ a: { columns }, c: { columns } })).toMatch(/there is no data set c — expected a, b/);
  expect(await failure({ a: { columns } })).toMatch(/b: there are no data/);
  const fit = await fitTheory(engine, two, { a: { columns }, b: { columns } });
  expect(fit).toMatchObject({ n: 12, dof: 11, method: "linear", converged: true, model: "a: m; b: m*x" });
  const m = fit.parameters[0]?.value as number;
  expect(Array.from(predict(two, fit, { x: [0, 2] }).value)).toEqual([m, m]);
  expect(Array.from(predict(two, fit, { x: [0, 2] }, "b").value)).toEqual([0, 2 * m]);
  expect(() => predict(two, fit, { x: [0, 2] }, "c")).toThrow(/there is no data set c — expected a, b/);
});
