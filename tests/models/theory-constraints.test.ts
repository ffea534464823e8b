// Constraints among parameters: optima and uncertainties against closed forms and against the same theory in the constraint's own coordinates; posteriors that end there.
import { createEngine, type Engine, type TetradError } from "@tetrad/engine";
import {
  chainTarget,
  createBatch,
  createLikelihood,
  designNext,
  fitLikelihood,
  fitTheory,
  laplace,
  logPriorVolume,
  nestedTarget,
  parseTheories,
  parseTheory,
  predict,
  profileLikelihood,
  sampleTheory,
  simulatedRegion,
} from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf } from "../unit/theory-support.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

const data = { columns: { x: [0, 1, 2, 3, 4], y: [1.1, 1.4, 2.2, 2.3, 3.2], s: [0.1, 0.2, 0.1, 0.3, 0.2] } };
const line = (constraints: string, more = "", a = "{ start: 1 }", b = "{ start: 0.2 }") =>
  `name: line\nmodel: a + b*x\ndata: { x: x, y: y, error: s }\nparameters: { a: ${a}, b: ${b} }\n${constraints}\n${more}`;

describe("fits", () => {
  test("a linear constraint: the closed form, to rounding; slack ones change nothing", async () => {
    const free = await fitTheory(engine, parseTheory(line("")), data);
    const slack = await fitTheory(engine, parseTheory(line("constraints: [a + b <= 3, b]")), data);
    expect(slack.parameters).toEqual(free.parameters);
    expect(slack.constraints).toEqual([]);

    const fit = await fitTheory(engine, parseTheory(line('constraints: ["2*a + b <= 2.4", "a + b <= 3"]')), data);
    expect(fit).toMatchObject({ converged: true, constraints: ["2*a + b <= 2.4"], gaussNewtonCovariance: null });
    // θ = θ₀ − C n (nᵀθ₀ − t)/(nᵀC n), covariance C − C n nᵀC/(nᵀC n).
    const c = free.covariance as number[][];
    const n = [2, 1];
    const cn = [0, 1].map((i) => (c[i] as number[]).reduce((sum, value, j) => sum + value * (n[j] as number), 0));
    const ncn = cn.reduce((sum, value, i) => sum + value * (n[i] as number), 0);
    const best = free.parameters.map(({ value }) => value);
    const excess = best.reduce((sum, value, i) => sum + value * (n[i] as number), -2.4);
    fit.parameters.forEach(({ value, uncertainty }, i) => {
      const sd = Math.sqrt((c[i] as number[])[i] as number);
      expect(Math.abs(value - (best[i] as number) + ((cn[i] as number) * excess) / ncn)).toBeLessThan(1e-8 * sd);
      expect(uncertainty).toBeCloseTo(Math.sqrt(((c[i] as number[])[i] as number) - (cn[i] as number) ** 2 / ncn), 9);
    });
    expect(fit.correlation?.[0]?.[1]).toBeCloseTo(-1, 9); // along the line only
    expect(fit.messages.join()).toMatch(/stands at the constraint 2\*a \+ b <= 2\.4: uncertainties hold along it, and across it/);
  });

  test("a circle: the fit of its angle, uncertainties with the circle's bend, derived quantities and curves", async () => {
    const derived = "derived: { r: a - b }";
    const circle = await fitTheory(engine, parseTheory(line('constraints: ["a^2 + b^2 <= 1"]', derived, "{ start: 0.5 }")), data);
    const angle = await fitTheory(
      engine,
      parseTheory(
        "name: angle\nmodel: cos(phi) + sin(phi)*x\ndata: { x: x, y: y, error: s }\nparameters: { phi: { start: 0.5 } }\nderived: { a: cos(phi), b: sin(phi), r: cos(phi) - sin(phi) }",
      ),
      data,
    );
    expect(circle.converged).toBe(true);
    for (const [i, name] of ["a", "b"].entries()) {
      const exact = angle.derived.find((one) => one.name === name);
      const sd = exact?.uncertainty as number;
      expect(Math.abs((circle.parameters[i]?.value as number) - (exact?.value as number))).toBeLessThan(1e-7 * sd);
      expect(Math.abs((circle.parameters[i]?.uncertainty as number) / sd - 1)).toBeLessThan(1e-6);
    }
    expect(Math.abs(circle.chi2 / angle.chi2 - 1)).toBeLessThan(1e-9);
    expect(circle.derived[0]?.uncertainty).toBeCloseTo(angle.derived[2]?.uncertainty as number, 7);
    const band = predict(parseTheory(line('constraints: ["a^2 + b^2 <= 1"]', derived, "{ start: 0.5 }")), circle, { x: [5] })
      .uncertainty?.[0];
    const exact = predict(
      parseTheory("name: angle\nmodel: cos(phi) + sin(phi)*x\ndata: { x: x, y: y, error: s }\nparameters: { phi: { start: 0.5 } }"),
      angle,
      { x: [5] },
    ).uncertainty?.[0];
    expect(Math.abs((band as number) / (exact as number) - 1)).toBeLessThan(1e-5);
  });

  test("a constraint that protects the model from where it is not defined, a bound beside it, starts all over the box", async () => {
    const theory = parseTheory(
      `name: root\nmodel: sqrt(a - b*x)\ndata: { x: x, y: y, error: s }\nparameters: { a: { start: 9, bounds: [0, 12] }, b: { start: 1, bounds: [0.5, 2] } }\nconstraints: ["a - 4*b >= 4"]`,
    );
    const own = { columns: { x: [0, 1, 2, 3, 4], y: [2, 1.9, 1.7, 1.6, 1.4], s: [0.1, 0.1, 0.1, 0.1, 0.1] } };
    for (const starts of [1, 5]) {
      const fit = await fitTheory(engine, theory, own, { starts, seed: 3 });
      expect(fit).toMatchObject({ converged: true, constraints: ["a - 4*b >= 4"] });
      expect(fit.parameters[1]).toMatchObject({ value: 0.5, atBound: "lower", uncertainty: null });
      expect(fit.parameters[0]?.value).toBeCloseTo(6, 8); // bound and constraint leave no freedom
      expect(fit.messages.join()).toMatch(/leaves the data no direction/);
    }
  });
});

test.each([
  { sampler: "metropolis", chains: 4, warmup: 300, draws: 800 },
  { sampler: "ensemble", chains: 1, warmup: 100, draws: 300 },
] as const)("posteriors end at a constraint: half a normal distribution has its mean and sd by $sampler", async (options) => {
  const theory = parseTheory(
    "name: mean\nmodel: m + 0*x\ndata: { x: x, y: y, error: s }\nparameters: { m: { start: 2, bounds: [-10, 10] } }\nconstraints: [m >= 0]",
  );
  const one = { columns: { x: [0], y: [0], s: [1] } };
  const result = await sampleTheory(engine, theory, one, { ...options, seed: 1 });
  const [m] = result.summaries;
  const [mean, sd] = [Math.sqrt(2 / Math.PI), Math.sqrt(1 - 2 / Math.PI)];
  expect(Math.abs((m?.mean as number) - mean)).toBeLessThan(4 * (m?.mcseMean as number));
  expect(Math.abs((m?.sd as number) - sd)).toBeLessThan(4 * (m?.mcseSd as number));
  for (const chain of result.chains) expect(chain.theta.every((value) => value >= 0)).toBe(true);
});

test("a design leaves out a parameter that the constraint settles", async () => {
  const theory = parseTheory(line('constraints: ["a <= 0.8"]', "", "{ start: 0.5 }"));
  using likelihood = await createLikelihood(engine, theory, data);
  const fit = fitLikelihood(likelihood);
  expect(fit.constraints).toEqual(["a <= 0.8"]);
  const { names, before, candidates } = await designNext(engine, likelihood, fit, { candidates: { x: [3] }, error: 0.1 });
  expect(names).toEqual(["b"]);
  // With a held, the data and the new datum give b the information Σ x²/σ².
  const held = data.columns.x.reduce((sum, x, i) => sum + (x / (data.columns.s[i] as number)) ** 2, 0);
  expect(before[0]).toBeCloseTo(1 / Math.sqrt(held), 10);
  expect(candidates[0]?.after[0]).toBeCloseTo(1 / Math.sqrt(held + (3 / 0.1) ** 2), 10);
});

describe("what cannot keep constraints refuses them", () => {
  const theory = parseTheory(line('constraints: ["2*a + b <= 2.4"]'));

  test("methods of fits, maps, profiles and evidences", async () => {
    for (const method of ["levenberg-marquardt", "linear", "cma-es", "nelder-mead"] as const)
      await expect(fitTheory(engine, theory, data, { method })).rejects.toMatchObject({
        code: "UNSUPPORTED",
      } satisfies Partial<TetradError>);
    expect((await fitTheory(engine, theory, data, { method: "lbfgs" })).constraints).toHaveLength(1);
    await expect(createBatch(engine, theory, data)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    using likelihood = await createLikelihood(engine, theory, data);
    const fit = await fitTheory(engine, theory, data);
    await expect(sampleTheory(engine, theory, data)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(errorOf(() => laplace(chainTarget(likelihood), { start: likelihood.start })).code).toBe("UNSUPPORTED");
    await expect(simulatedRegion(likelihood, fit, { name: "a" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    for (const run of [() => nestedTarget(likelihood), () => logPriorVolume(likelihood), () => profileLikelihood(likelihood, fit)])
      expect(errorOf(run)).toMatchObject({ code: "UNSUPPORTED", message: expect.stringMatching(/constraints.*2\*a \+ b <= 2\.4/) });
  });

  test.each<[string, string, RegExp]>([
    ["two comparisons", "0 < a < 1", /not one comparison of two formulas/],
    ["half of one", "a <", /not one comparison/],
    ["an unknown name", "a + c <= 1", /unknown name "c"/],
    ["a column", "a + x <= 1", /unknown name "x"/],
    ["the start", "a <= 0.5", /the starts break the constraint.*a <= 0.5 by 0.5/],
    ["no parameter", "1 <= 2", /depends on no free parameter/],
  ])("%s", (_, constraint, message) => {
    const error = errorOf(() => parseTheory(line(`constraints: ["${constraint}"]`)));
    expect(error.code).toBe("ARGUMENT");
    expect(error.message).toMatch(message);
  });

  test("units have to match; models of one file have the constraints whose parameters they use", () => {
    const text = (unit: string) => line('constraints: ["a <= b"]', "", "{ start: 1, unit: km }", `{ start: 2, unit: ${unit} }`);
    expect(errorOf(() => parseTheory(text("s"))).message).toMatch(/units do not match: the smaller side is in km, not in s/);
    const models = line("constraints: [a <= 5, b <= a]").replace("model: a + b*x", "models: { line: a + b*x, level: a }");
    expect(parseTheories(models).map(({ constraints }) => constraints?.map(({ text: one }) => one))).toEqual([
      ["a <= 5", "b <= a"],
      ["a <= 5"],
    ]);
  });
});
