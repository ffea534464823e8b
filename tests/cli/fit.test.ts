// `tetrad fit` on measured data: the numbers of two independent codes, through the real binary.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sharedPath } from "../support/shared.js";
import { example, workplace } from "./tetrad.js";

const chronometers = (name: string) => example(`cosmic-chronometers/${name}`);

interface Fits {
  fits: {
    theory: string;
    chi2: number;
    dof: number;
    parameters: { name: string; value: number; uncertainty: number }[];
    correlation: number[][];
    milliseconds: { fit: number };
  }[];
  comparison: { aic: { theory: string }[] } | null;
}

test("flat ΛCDM: Ωm 0.31956 ± 0.05912, H0 68.150 ± 3.071, correlation −0.860, χ² 14.49999", () => {
  const { code, stdout, stderr } = workplace().tetrad("fit", chronometers("flat-lcdm.yaml"), chronometers("hz.csv"), "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [fit] = (JSON.parse(stdout) as Fits).fits;
  const parameter = (name: string) => fit?.parameters.find((one) => one.name === name);
  expect(parameter("Om")?.value).toBeCloseTo(0.31956, 4);
  expect(parameter("Om")?.uncertainty).toBeCloseTo(0.05912, 4);
  expect(parameter("H0")?.value).toBeCloseTo(68.15, 2);
  expect(parameter("H0")?.uncertainty).toBeCloseTo(3.071, 2);
  expect(fit?.correlation[0]?.[1]).toBeCloseTo(-0.86, 3);
  expect(fit?.chi2).toBeCloseTo(14.49999, 4);
  expect(fit?.dof).toBe(29);
});

test("three theories side by side, with a report", () => {
  const place = workplace();
  const { code, stdout } = place.tetrad(
    "fit",
    ...["linear", "flat-lcdm", "curved-lcdm"].map((name) => chronometers(`${name}.yaml`)),
    chronometers("hz.csv"),
    "--report",
    "r.html",
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/Om +0\.320 ± 0\.059/);
  expect(stdout).toMatch(/H0 +68\.1 ± 3\.1 km\/s\/Mpc/);
  expect(stdout).toContain("AIC prefers flat-lcdm");
  const html = readFileSync(place.path("r.html"), "utf8");
  for (const title of ["H against z", "Residuals", "flat ΛCDM: what the data allow"]) expect(html).toContain(`<h3>${title}</h3>`);
  expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script|NaN/);
});

test("stored joint fit of supernovae and chronometers, data by folder and by name", () => {
  const exact = JSON.parse(readFileSync(sharedPath("golden/science/fits.json"), "utf8")).sn_cc["flat-w0wacdm"].fit as {
    best: number[];
    hessian_sd: number[];
    chi2: number;
  };
  const pantheon = sharedPath("data/cosmo-pantheon2018");
  const theory = example("supernovae/joint-w0wa.yaml");
  const place = workplace();
  const runs = [
    ["--folder", pantheon],
    ["--folder", pantheon, "--data", `chronometers=${chronometers("hz.csv")}`, "--method", "lbfgs", "--report", "r.html"],
  ].map((more) => place.tetrad("fit", theory, ...more, "--json"));
  for (const { code, stdout, stderr } of runs) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [fit] = (JSON.parse(stdout) as Fits).fits;
    expect(fit?.chi2).toBeCloseTo(exact.chi2, 8);
    exact.best.forEach((value, i) => {
      expect(Math.abs((fit?.parameters[i]?.value as number) - value)).toBeLessThan(1e-6 * (exact.hessian_sd[i] as number));
    });
  }
  const html = readFileSync(place.path("r.html"), "utf8");
  for (const title of ["supernovae: mb against zcmb", "chronometers: residuals"]) expect(html).toContain(`<h3>${title}</h3>`);
  const missing = place.tetrad("fit", theory);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/error\[IO\].*there is no file .*_DS17f\.txt.*--folder/);
  const wrong = place.tetrad("fit", theory, "--folder", pantheon, "--data", "supernova=x.txt");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/there is no data set supernova — expected supernovae, chronometers/);
});

test("units that do not match are an error at their place; wrong usage exits with 2", () => {
  const place = workplace();
  place.write(
    "t.yaml",
    "name: t\nmodel: v + r\ndata: { x: z, y: H, error: sigma_H }\nparameters:\n  v: { start: 1, unit: km/s }\n  r: { start: 1, unit: Mpc }\n",
  );
  const { code, stderr } = place.tetrad("fit", "t.yaml", chronometers("hz.csv"));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /error\[ARGUMENT\]: model: units do not match: km\/s \(v\) cannot be added to Mpc \(r\) at character 1 — got ▸v \+ r◂ \(at t\.yaml:2\)/,
  );
  expect(place.tetrad("fit", "t.yaml", "--method", "newton").code).toBe(2);
  expect(place.tetrad("fit", chronometers("hz.csv")).code).toBe(2);
});

test("synthetic data are written and fitted: what went in comes out", () => {
  const place = workplace();
  const theory = chronometers("flat-lcdm.yaml");
  const { code, stdout } = place.tetrad(
    "simulate",
    theory,
    chronometers("hz.csv"),
    "--set",
    "H0=71",
    "--seed",
    "3",
    "--out",
    "s.csv",
    "--json",
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ files: [{ name: "flat-lcdm", file: "s.csv", rows: 31 }], parameters: { Om: 0.3, H0: 71 }, seed: 3 });
  expect(readFileSync(place.path("s.csv"), "utf8").split("\n")[0]).toBe("z,H,sigma_H");
  const [fit] = (JSON.parse(place.tetrad("fit", theory, "s.csv", "--json").stdout) as Fits).fits;
  for (const { name, value, uncertainty } of fit?.parameters ?? [])
    expect(Math.abs(value - (name === "Om" ? 0.3 : 71))).toBeLessThan(3 * uncertainty);
  expect(place.tetrad("simulate", theory, chronometers("hz.csv"), "--set", "h=0.7", "--out", "s.csv").stderr).toMatch(
    /h is not a parameter — expected Om, H0/,
  );
});
