// Fits of theories to data on both backends, against independent solutions: fits.json's Newton steps in JAX (numbers copied), a 40-digit
// Newton solution for curved ΛCDM (mpmath), and closed forms.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine, readTable, type Table, TetradError } from "@tetrad/engine";
import {
  compareTheories,
  createLikelihood,
  type FitResult,
  fitLikelihood,
  fitTheory,
  loadTheories,
  parseTheory,
  predict,
} from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cholesky, choleskySolve, invertGram, qr, solveUpper } from "../../packages/theory/src/minimise/dense.js";
import { misra1a, thurber } from "../unit/theory-problems.js";

const folder = fileURLToPath(new URL("../../examples/cosmic-chronometers/", import.meta.url));

const relative = (value: number, exact: number) => Math.abs(value / exact - 1);

function closeTo(values: readonly (readonly number[])[] | null, exact: readonly (readonly number[])[], tolerance: number): void {
  expect(values).toHaveLength(exact.length);
  exact.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(relative((values as number[][])[i]?.[j] as number, value)).toBeLessThan(tolerance);
    });
  });
}

async function load(file: string) {
  const [theory] = await loadTheories(`${folder}${file}`);
  if (theory === undefined) throw new Error(`no theory in ${file}`);
  return theory;
}

describe.each(["wasm", "reference"] as const)("%s", (backend) => {
  let engine: Engine;
  let data: Table;
  beforeAll(async () => {
    engine = await createEngine({ backend });
    data = readTable(await readFile(`${folder}hz.csv`), "hz.csv");
  });
  afterAll(() => engine.close());

  const parameter = (fit: FitResult, name: string) => {
    const found = fit.parameters.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no parameter ${name}`);
    return found;
  };

  describe("cosmic chronometers", () => {
    test("flat ΛCDM: every number of the stored fit", async () => {
      const fit = await fitTheory(engine, await load("flat-lcdm.yaml"), data);
      expect(fit.converged).toBe(true);
      expect(fit.messages).toEqual([]);
      expect(fit.covarianceOf).toEqual(["Om", "H0"]);
      expect(relative(parameter(fit, "Om").value, 0.3195554088189233)).toBeLessThan(1e-12);
      expect(relative(parameter(fit, "H0").value, 68.14991574716088)).toBeLessThan(1e-12);
      expect(relative(parameter(fit, "Om").uncertainty as number, 0.05911650627201295)).toBeLessThan(1e-11);
      expect(relative(parameter(fit, "H0").uncertainty as number, 3.0708118543329013)).toBeLessThan(1e-11);
      expect(relative(parameter(fit, "Om").gaussNewtonUncertainty as number, 0.059306017088296185)).toBeLessThan(1e-11);
      expect(relative(parameter(fit, "H0").gaussNewtonUncertainty as number, 3.0781036702583005)).toBeLessThan(1e-11);
      closeTo(
        fit.covariance,
        [
          [0.003494761313808947, -0.15620699387243828],
          [-0.15620699387243828, 9.429885444711472],
        ],
        1e-11,
      );
      closeTo(
        fit.gaussNewtonCovariance,
        [
          [0.0035172036628772795, -0.1572101101280602],
          [-0.1572101101280602, 9.474722204857619],
        ],
        1e-11,
      );
      closeTo(
        fit.correlation,
        [
          [1, -0.8604754943256451],
          [-0.8604754943256451, 1],
        ],
        1e-11,
      );
      expect(relative(fit.chi2, 14.499985774270998)).toBeLessThan(1e-13);
      expect(relative(fit.aic, 18.499985774270996)).toBeLessThan(1e-13);
      expect(relative(fit.aicc as number, 18.928557202842427)).toBeLessThan(1e-13);
      expect(relative(fit.bic, 21.36796018324129)).toBeLessThan(1e-13);
      expect(relative(fit.pValue as number, 0.9885374282130438)).toBeLessThan(1e-12);
      expect([fit.n, fit.fitted, fit.dof]).toEqual([31, 2, 29]);
      expect(JSON.parse(JSON.stringify(fit))).toEqual(fit);
    });

    test("flat ΛCDM: age and transition redshift with propagated errors", async () => {
      const fit = await fitTheory(engine, await load("flat-lcdm.yaml"), data);
      const [Om, H0] = [0.3195554088189233, 68.14991574716088];
      // t0 = 2/(3 H0 √(1−Om)) asinh √((1−Om)/Om); derivatives by central differences in float64.
      const age = (om: number, h: number) => ((977.7922216807891 / h) * (2 / 3) * Math.asinh(Math.sqrt((1 - om) / om))) / Math.sqrt(1 - om);
      const [dOm, dH] = [(age(Om + 1e-5, H0) - age(Om - 1e-5, H0)) / 2e-5, -age(Om, H0) / H0];
      const variance = dOm ** 2 * 0.003494761313808947 + 2 * dOm * dH * -0.15620699387243828 + dH ** 2 * 9.429885444711472;
      const [t0, transition] = fit.derived;
      expect(relative(t0?.value as number, age(Om, H0))).toBeLessThan(1e-12);
      expect(relative(t0?.uncertainty as number, Math.sqrt(variance))).toBeLessThan(1e-8);
      expect(t0?.unit).toBe("Gyr");
      const za = (om: number) => Math.cbrt((2 * (1 - om)) / om) - 1;
      expect(relative(transition?.value as number, za(Om))).toBeLessThan(1e-11);
      expect(
        relative(transition?.uncertainty as number, Math.abs((za(Om + 1e-5) - za(Om - 1e-5)) / 2e-5) * 0.05911650627201295),
      ).toBeLessThan(1e-8);
    });

    test("curved ΛCDM: a 40-digit Newton solution", async () => {
      const fit = await fitTheory(engine, await load("curved-lcdm.yaml"), data);
      const exact = { Om: 0.3597491784984474, Ok: -0.12592450688839907, H0: 68.99873131387923 };
      for (const [name, value] of Object.entries(exact)) expect(relative(parameter(fit, name).value, value)).toBeLessThan(1e-11);
      expect(relative(fit.chi2, 14.461769539029609)).toBeLessThan(1e-13);
      closeTo(
        fit.covariance,
        [
          [0.04407666199264264, -0.1268828346418744, 0.7046743053361224],
          [-0.1268828346418744, 0.39538167344029557, -2.6813009211586376],
          [0.7046743053361224, -2.6813009211586376, 27.91914125643152],
        ],
        1e-10,
      );
      closeTo(
        fit.gaussNewtonCovariance,
        [
          [0.04248128537292895, -0.12241409140334113, 0.6818517040858246],
          [-0.12241409140334113, 0.3831543635736497, -2.623655030534965],
          [0.6818517040858246, -2.623655030534965, 27.728761320752188],
        ],
        1e-10,
      );
    });

    test("linear: weighted least squares in closed form, Hessian and Gauss–Newton alike", async () => {
      const fit = await fitTheory(engine, await load("linear.yaml"), data);
      const { x, y, sigma } = fit.points;
      const rows = (x["z"] as number[]).flatMap((z, i) => [1 / (sigma[i] as number), z / (sigma[i] as number)]);
      const a = Float64Array.from(rows);
      const b = Float64Array.from(y, (value, i) => value / (sigma[i] as number));
      const { r, qtb } = qr(a, b, 31, 2);
      const solution = solveUpper(r, qtb, 2) as Float64Array;
      expect(relative(parameter(fit, "H0").value, solution[0] as number)).toBeLessThan(1e-12);
      expect(relative(parameter(fit, "slope").value, solution[1] as number)).toBeLessThan(1e-12);
      const c = invertGram(a, 31, 2) as Float64Array;
      const exact = [Array.from(c.slice(0, 2)), Array.from(c.slice(2))];
      closeTo(fit.covariance, exact, 1e-11);
      closeTo(fit.gaussNewtonCovariance, exact, 1e-11);
      const residual = y.map(
        (value, i) => (value - (solution[0] as number) - (solution[1] as number) * (x["z"]?.[i] as number)) / (sigma[i] as number),
      );
      expect(
        relative(
          fit.chi2,
          residual.reduce((sum, r) => sum + r * r, 0),
        ),
      ).toBeLessThan(1e-13);
      fit.points.pulls.forEach((pull, i) => {
        expect(pull).toBeCloseTo(residual[i] as number, 10);
      });
    });

    test("curves between the data, with the band of the parameters' uncertainty", async () => {
      const theory = await load("flat-lcdm.yaml");
      const fit = await fitTheory(engine, theory, data);
      const { value, uncertainty } = predict(theory, fit, { z: [0, 0.5, 2] });
      expect(value[0]).toBeCloseTo(68.14991574716088, 10);
      expect(uncertainty?.[0]).toBeCloseTo(3.0708118543329013, 6); // H(0) is H0
      // dH/dOm = H0 ((1+z)³ − 1)/(2E) and dH/dH0 = E at z = 0.5.
      const cube = 1.5 ** 3;
      const [om, h0] = [0.3195554088189233, 68.14991574716088];
      const e = Math.sqrt(om * cube + 1 - om);
      const [g, h] = [(h0 * (cube - 1)) / (2 * e), e];
      expect(uncertainty?.[1]).toBeCloseTo(
        Math.sqrt(g * g * 0.003494761313808947 + 2 * g * h * -0.15620699387243828 + h * h * 9.429885444711472),
        6,
      );
      expect(() => predict({ ...theory, name: "other" }, fit, { z: [0] })).toThrow(/another theory/);
      expect(predict(theory, { ...fit, covariance: null }, { z: [1] }).uncertainty).toBeNull();
    });

    test("which theory do the data prefer?", async () => {
      const fits = await Promise.all(
        ["linear.yaml", "flat-lcdm.yaml", "curved-lcdm.yaml"].map(async (file) => fitTheory(engine, await load(file), data)),
      );
      const comparison = compareTheories(fits);
      expect(comparison.aic.map((r) => [r.theory, r.delta.toFixed(4), r.verdict])).toEqual([
        ["flat-lcdm", "0.0000", "preferred"],
        ["curved-lcdm", "1.9618", "about as well supported"],
        ["linear", "2.1244", "somewhat less supported"],
      ]);
      expect(comparison.bic.map((r) => [r.theory, r.delta.toFixed(4), r.verdict])).toEqual([
        ["flat-lcdm", "0.0000", "preferred"],
        ["linear", "2.1244", "positive evidence against it"],
        ["curved-lcdm", "3.3958", "positive evidence against it"],
      ]);
      expect(comparison.aic.reduce((sum, r) => sum + r.weight, 0)).toBeCloseTo(1, 14);
      expect(comparison.summary.join(" ")).toMatch(/^AIC prefers flat-lcdm; .* BIC prefers flat-lcdm; .*data do not decide\.$/);
      expect(() => compareTheories(fits.slice(0, 1))).toThrow(/nothing to compare/);
      const other = {
        ...(fits[0] as FitResult),
        sets: (fits[0] as FitResult).sets.map((set) => ({ ...set, points: { ...set.points, y: set.points.y.map((y) => y + 1) } })),
      };
      expect(() => compareTheories([fits[1] as FitResult, other])).toThrow(/different data/);
    });

    test.each(["levenberg-marquardt", "lbfgs"] as const)("%s alone, and from a far start, ends in the same place", async (method) => {
      const fit = await fitTheory(engine, await load("curved-lcdm.yaml"), data, { method, start: { Om: 1.2, Ok: -0.3, H0: 45 } });
      expect(fit.converged).toBe(true);
      expect(relative(parameter(fit, "Ok").value, -0.12592450688839907)).toBeLessThan(1e-9);
      expect(relative(fit.chi2, 14.461769539029609)).toBeLessThan(1e-13);
    });

    test("many starts, seeded; those outside the model's domain are counted", async () => {
      const theory = await load("curved-lcdm.yaml");
      const fit = await fitTheory(engine, theory, data, { starts: 12, seed: 4 });
      expect(relative(fit.chi2, 14.461769539029609)).toBeLessThan(1e-12);
      expect(fit.messages.join()).toMatch(/of 12 starts lie where the model is not defined/);
      expect((await fitTheory(engine, theory, data, { starts: 12, seed: 4 })).parameters).toEqual(fit.parameters);
    });

    test("a likelihood compiled once: value, gradient, residuals and Hessian agree with one another", async () => {
      const likelihood = await createLikelihood(engine, await load("curved-lcdm.yaml"), data);
      const theta = [0.33, 0.1, 66];
      const { residuals, jacobian } = likelihood.residuals(theta);
      const { value, gradient } = likelihood.valueAndGradient(theta);
      const chi2 = Array.from(residuals).reduce((sum, r) => sum + r * r, 0);
      expect(relative(value, 0.5 * (chi2 + likelihood.observations.logDeterminant))).toBeLessThan(1e-14);
      const own = Array.from(gradient);
      own.forEach((slope, j) => {
        const fromResiduals = Array.from(residuals).reduce((sum, r, i) => sum + r * (jacobian[3 * i + j] as number), 0);
        expect(relative(slope, fromResiduals)).toBeLessThan(1e-11);
      });
      const { hessian } = likelihood.curvature(theta);
      for (let j = 0; j < 3; j++) {
        const h = 1e-5 * (j === 2 ? 66 : 1);
        const slopes = (sign: number) =>
          Array.from(likelihood.valueAndGradient(theta.map((t, i) => (i === j ? t + sign * h : t))).gradient);
        const [up, down] = [slopes(1), slopes(-1)];
        for (let i = 0; i < 3; i++)
          expect(relative(((up[i] as number) - (down[i] as number)) / (2 * h), hessian[3 * i + j] as number)).toBeLessThan(1e-6);
      }
      const again = fitLikelihood(likelihood);
      expect(relative(again.chi2, 14.461769539029609)).toBeLessThan(1e-13);
      expect(again.evaluations.residuals).toBeLessThan(30);
      expect(() => likelihood.valueAndGradient([1, 2])).toThrow(/expected 3: Om, Ok, H0/);
      likelihood.close();
    });
  });

  describe("priors, bounds, degeneracy", () => {
    const line = (parameters: string, model = "a + b*x") =>
      parseTheory(`name: line\nmodel: ${model}\ndata: { x: x, y: y, error: s }\nparameters:\n${parameters}`);
    const columns = { x: [0, 1, 2, 3, 4], y: [1.1, 2.9, 5.2, 6.8, 9.1], s: [0.1, 0.2, 0.1, 0.3, 0.2] };

    test("a normal prior adds its information: closed form", async () => {
      const fit = await fitTheory(engine, line("  a: { start: 0, prior: { normal: [1.5, 0.05] } }\n  b: { start: 0 }"), { columns });
      // Normal equations with one more row: (θ_a − 1.5)/0.05.
      const rows = columns.x.map((x, i) => [
        1 / (columns.s[i] as number),
        x / (columns.s[i] as number),
        (columns.y[i] as number) / (columns.s[i] as number),
      ]);
      rows.push([1 / 0.05, 0, 1.5 / 0.05]);
      const sum = (p: number, q: number) => rows.reduce((total, row) => total + (row[p] as number) * (row[q] as number), 0);
      const { lower } = cholesky(Float64Array.of(sum(0, 0), sum(0, 1), sum(0, 1), sum(1, 1)), 2);
      const solution = choleskySolve(lower as Float64Array, [sum(0, 2), sum(1, 2)], 2);
      expect(parameter(fit, "a").value).toBeCloseTo(solution[0] as number, 12);
      expect(parameter(fit, "b").value).toBeCloseTo(solution[1] as number, 12);
      const determinant = sum(0, 0) * sum(1, 1) - sum(0, 1) ** 2;
      expect(parameter(fit, "a").uncertainty).toBeCloseTo(Math.sqrt(sum(1, 1) / determinant), 12);
      expect(parameter(fit, "a").gaussNewtonUncertainty).toBeCloseTo(Math.sqrt(sum(1, 1) / determinant), 12);
      const pull = ((solution[0] as number) - 1.5) / 0.05;
      expect(fit.minusLogPosterior - fit.minusLogLikelihood).toBeCloseTo(0.5 * pull ** 2 + Math.log(0.05 * Math.sqrt(2 * Math.PI)), 12);
      expect(fit.messages.join()).toMatch(/Normal priors take part/);
    });

    test("an active bound: no error of its own, and the others' as if it were fixed there", async () => {
      const fit = await fitTheory(engine, line("  a: { start: 0, bounds: [-1, 0.5] }\n  b: { start: 0 }"), { columns });
      const fixed = await fitTheory(engine, line("  a: { start: 0.5, fixed: true }\n  b: { start: 0 }"), { columns });
      expect(parameter(fit, "a")).toMatchObject({ value: 0.5, uncertainty: null, gaussNewtonUncertainty: null, atBound: "upper" });
      expect(parameter(fit, "b").value).toBeCloseTo(parameter(fixed, "b").value, 12);
      expect(parameter(fit, "b").uncertainty).toBeCloseTo(parameter(fixed, "b").uncertainty as number, 12);
      expect(fit.covarianceOf).toEqual(["b"]);
      expect(fit.messages.join()).toMatch(/a is at its upper bound 0\.5/);
      expect(parameter(fixed, "a")).toMatchObject({ fixed: true, value: 0.5, uncertainty: null, atBound: null });
    });

    test("parameters that the data cannot tell apart get no invented errors", async () => {
      const fit = await fitTheory(engine, line("  a: { start: 1 }\n  b: { start: 1 }\n  c: { start: 1 }", "a + (b + c)*x"), { columns });
      expect(fit.covariance).toBeNull();
      expect(fit.parameters.map((p) => p.uncertainty)).toEqual([null, null, null]);
      expect(fit.messages.join()).toMatch(/not positive definite.*do not determine b and c separately/);
      expect(parameter(fit, "b").value + parameter(fit, "c").value).toBeCloseTo(
        parameter(await fitTheory(engine, line("  a: { start: 1 }\n  b: { start: 1 }"), { columns }), "b").value,
        8,
      );
      const idle = await fitTheory(engine, line("  a: { start: 1 }\n  b: { start: 1 }\n  c: { start: 1 }", "a + b*x + 0*c"), { columns });
      expect(idle.messages.join()).toMatch(/do not depend on c/);
    });

    test("more parameters than data, and exactly as many", async () => {
      const two = { columns: { x: [0, 1], y: [1, 3], s: [1, 1] } };
      const exact = await fitTheory(engine, line("  a: { start: 0 }\n  b: { start: 0 }"), two);
      expect(exact).toMatchObject({ dof: 0, pValue: null });
      expect(exact.chi2).toBeLessThan(1e-20);
      expect(exact.messages.join()).toMatch(/2 data for 2 fitted numbers/);
      const more = await fitTheory(engine, line("  a: { start: 0 }\n  b: { start: 0 }\n  c: { start: 0 }", "a + b*x + c*x^2"), two);
      expect(more.covariance).toBeNull();
    });

    test("a model without its column, and one that is an integral that has not converged", async () => {
      const mean = await fitTheory(
        engine,
        parseTheory("name: mean\nmodel: a\ndata: { x: x, y: y, error: s }\nparameters: { a: { start: 0 } }"),
        { columns },
      );
      const weights = columns.s.map((s) => 1 / s ** 2);
      const total = weights.reduce((a, b) => a + b, 0);
      expect(parameter(mean, "a").value).toBeCloseTo(columns.y.reduce((sum, y, i) => sum + y * (weights[i] as number), 0) / total, 12);
      expect(parameter(mean, "a").uncertainty).toBeCloseTo(1 / Math.sqrt(total), 14);
      const rough = await fitTheory(engine, line("  a: { start: 1 }\n  b: { start: 1 }", "a + b*integrate(exp(t*3), t, 0, x, 2)"), {
        columns,
      });
      expect(rough.messages.join()).toMatch(/integrals have not converged/);
    });
  });

  describe("NIST problems as theories", () => {
    const table = async (
      problem: typeof misra1a,
      theoryText: string,
      x: readonly number[],
      y: readonly number[],
      start: readonly number[],
    ) => {
      const theory = parseTheory(theoryText.replace(/START(\d)/g, (_, i) => String(start[Number(i)])));
      const fit = await fitTheory(engine, theory, { columns: { x, y, s: x.map(() => 1) } });
      const scale = Math.sqrt(fit.chi2 / fit.dof); // NIST estimates the unit variance from the residuals
      problem.solution.forEach((value, i) => {
        expect(relative(fit.parameters[i]?.value as number, value)).toBeLessThan(1e-10);
        expect(
          relative((fit.parameters[i]?.gaussNewtonUncertainty as number) * scale, problem.standardDeviations[i] as number),
        ).toBeLessThan(1e-9);
      });
      expect(relative(fit.chi2, problem.minimum)).toBeLessThan(1e-12);
    };
    const parameters = (n: number) => Array.from({ length: n }, (_, i) => `  b${i}: { start: START${i} }`).join("\n");
    const misra = `name: misra1a\nmodel: b0*(1 - exp(-b1*x))\ndata: { x: x, y: y, error: s }\nparameters:\n${parameters(2)}`;
    const rational = `name: thurber\nmodel: (b0 + x*(b1 + x*(b2 + x*b3)))/(1 + x*(b4 + x*(b5 + x*b6)))\ndata: { x: x, y: y, error: s }\nparameters:\n${parameters(7)}`;

    test.each(misra1a.starts.map((start) => ({ start })))("Misra1a from $start", ({ start }) =>
      table(misra1a, misra, misra1a.x, misra1a.y, start),
    );
    test.each(thurber.starts.map((start) => ({ start })))("Thurber from $start", ({ start }) =>
      table(thurber, rational, thurber.x, thurber.y, start),
    );
  });

  describe("bad input", () => {
    const theory = (model: string, extra = "") =>
      parseTheory(
        `name: t\nmodel: ${model}\ndata: { x: z, y: H, error: sigma_H }\nparameters:\n  a: { start: 1 }\n  b: { start: 2${extra} }\n`,
        { source: "t.yaml" },
      );
    test.each<[string, string, RegExp]>([
      [
        "a division by zero",
        "a/(z - 0.07) + b",
        /at the start point at hz\.csv:2 \(z = 0\.07\): 1 \/ 0 is Infinity in a\/\(z - 0\.07\) — got a = 1, b = 2 \(at t\.yaml:2\)/,
      ],
      ["for every datum", "a*z + log(-b)", /at the start point: log\(-2\) is NaN/],
      ["a slope that is infinite", "a*z*sqrt(b - 2)", /no derivative at the start point/],
    ])("NaN at the start: %s", async (_, model, message) => {
      const failed = fitTheory(engine, theory(model), data);
      await expect(failed).rejects.toBeInstanceOf(TetradError);
      await expect(failed).rejects.toMatchObject({ code: "DATA", message: expect.stringMatching(message) });
    });

    test("the datum named is the first that fails", async () => {
      await expect(fitTheory(engine, theory("a*sqrt(1 - b*z)"), data)).rejects.toThrow(
        /at hz\.csv:20 \(z = 0\.593\): sqrt\(-0\.186\) is NaN in sqrt\(1 - b\*z\)/,
      );
    });

    test("unknown start, nothing free, a missing column", async () => {
      await expect(fitTheory(engine, theory("a + b*z"), data, { start: { q: 1 } })).rejects.toThrow(
        /q is not a free parameter — expected a, b/,
      );
      const fixed = parseTheory("name: t\nmodel: a*z\ndata: { x: z, y: H, error: sigma_H }\nparameters: { a: { start: 1, fixed: true } }");
      await expect(fitTheory(engine, fixed, data)).rejects.toThrow(/no parameter is free/);
      const wrong = parseTheory("name: t\nmodel: a*z\ndata: { x: z, y: h, error: sigma_H }\nparameters: { a: { start: 1 } }");
      await expect(fitTheory(engine, wrong, data)).rejects.toMatchObject({
        code: "DATA",
        message: expect.stringMatching(/there is no column "h".*did you mean "H"/),
      });
    });

    test("steps that leave the model's domain are taken back", async () => {
      const root = theory("70*sqrt(a + b*z)");
      const likelihood = await createLikelihood(engine, root, data);
      let outside = 0;
      const residuals = likelihood.residuals.bind(likelihood);
      likelihood.residuals = (theta) => {
        const result = residuals(theta);
        if (!Array.from(result.residuals).every(Number.isFinite)) outside++;
        return result;
      };
      // The model is ten times too high here, and linear extrapolation brings it down to a = −80.
      const fit = fitLikelihood(likelihood, { start: { a: 100, b: 1 } });
      expect(outside).toBeGreaterThan(0);
      expect(fit.converged).toBe(true);
      expect(relative(fit.chi2, (await fitTheory(engine, root, data)).chi2)).toBeLessThan(1e-12);
      likelihood.close();
    });
  });
});
