// The examples of other gravities: they fit, and where they should become general relativity they do, in H(z), distances and growth.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import { evaluate, fitTheory, growthRate, hubble, loadTheories, parameterValues, parseTheory, type Theory } from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/root.js";

const folder = join(root, "examples/other-gravities");
const load = async (name: string): Promise<Theory> => (await loadTheories(join(folder, `${name}.yaml`)))[0] as Theory;
const z = [0.1, 0.5, 1, 2];

/** The example with another model, at given parameters. */
function valuesOf(name: string, model: string, parameters: Record<string, number>): Float64Array {
  const text = readFileSync(join(folder, `${name}.yaml`), "utf8").replace(/^model: .*$/m, `model: ${model}`);
  const theory = parseTheory(text.replace(/, file: \S+csv/, "").replace(/, units: {[^}]*}/, ""));
  return evaluate(theory.model, { ...parameterValues(theory), ...parameters, z });
}

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

describe("general relativity where it should be", () => {
  test.each<[string, Record<string, number>, number]>([
    ["brans-dicke", { alpha: 0, Om: 0.3 }, 0.3],
    ["chaplygin", { alpha: 0, A: 0.7 }, 0.049 + 0.951 * 0.3],
    ["loop-quantum", { q: 0, Om: 0.3 }, 0.3],
  ])("%s", (name, parameters, Om) => {
    const exact = hubble(z, { H0: 70, Om });
    valuesOf(name, "hubble(z)", { ...parameters, H0: 70 }).forEach((value, i) => {
      expect(Math.abs(value / (exact[i] as number) - 1)).toBeLessThan(1e-13);
    });
  });

  test("growth: G that does not change grows as ΛCDM; DGP's grows as Ωm^0.68, slower than with gravity of general relativity", () => {
    const lcdm = growthRate(z, { H0: 70, Om: 0.3 });
    valuesOf("brans-dicke", "growth_rate(z)*H0", { alpha: 0, Om: 0.3, H0: 1 }).forEach((value, i) => {
      expect(Math.abs(value / (lcdm[i] as number) - 1)).toBeLessThan(1e-12);
    });
    const stronger = valuesOf("brans-dicke", "growth_rate(z)*H0", { alpha: 0.1, Om: 0.3, H0: 1 });
    expect(stronger[3] as number).toBeGreaterThan(lcdm[3] as number);
    // E. V. Linder, R. N. Cahn, Astropart. Phys. 28 (2007) 481: γ = 0.68 to 2 %.
    const rate = valuesOf("dgp", "growth_rate(z)*H0", { Om: 0.27, H0: 1 });
    const fraction = valuesOf("dgp", "matter_fraction(z)*H0", { Om: 0.27, H0: 1 });
    rate.forEach((f, i) => {
      expect(Math.abs(Math.log(f) / Math.log(fraction[i] as number) / 0.68 - 1)).toBeLessThan(0.02);
    });
  });
});

test.each([
  ["brans-dicke", 14.6],
  ["dgp", 14.9],
  ["chaplygin", 14.6],
  ["loop-quantum", 14.5],
])("%s fits the chronometers", async (name, chi2) => {
  const fit = await fitTheory(engine, await load(name));
  expect(fit).toMatchObject({ converged: true, n: 31 });
  expect(fit.chi2).toBeLessThan(chi2);
  expect(fit.chi2).toBeGreaterThan(14.4);
  expect(fit.derived.every(({ value }) => Number.isFinite(value))).toBe(true);
});

test("light-speed: the closed solution finds what the synthetic lags were made with", async () => {
  const fit = await fitTheory(engine, await load("light-speed"));
  expect(fit).toMatchObject({ converged: true, method: "linear", n: 35 });
  const [xi, b] = fit.parameters;
  expect(Math.abs(xi?.value as number)).toBeLessThan(3 * (xi?.uncertainty as number));
  expect(Math.abs((b?.value as number) - 0.01)).toBeLessThan(3 * (b?.uncertainty as number));
  const same = await fitTheory(engine, await load("light-speed"), undefined, { method: "levenberg-marquardt" });
  same.parameters.forEach(({ value, uncertainty }, i) => {
    expect(Math.abs(value - (fit.parameters[i]?.value as number))).toBeLessThan(1e-8 * (uncertainty as number));
  });
});
