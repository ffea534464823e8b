// `tetrad fit` on measured data: the numbers of two independent codes, through the real binary.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
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
