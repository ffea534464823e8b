// Labels of charts: LaTeX as plain text, units beside it.
import { expect, test } from "vitest";
import { labelsOf, plainLatex } from "../../packages/cli/src/report/labels.js";

test.each([
  ["\\Omega_m", "Ωₘ"],
  ["H_0", "H₀"],
  ["\\mathrm{d}H/\\mathrm{d}z", "dH/dz"],
  ["\\Omega_\\Lambda", "Ω_Λ"],
  ["\\Omega_{\\mathrm{m},0}h^2", "Ω_m,0h²"],
  ["\\sigma_8", "σ₈"],
  ["10^{-9} A_s", "10⁻⁹ Aₛ"],
  ["\\hat{x}_{12}", "x̂₁₂"],
  ["\\rho_\\varsigma\\omega", "ρ_ςω"],
  ["no LaTeX", "no LaTeX"],
])("%s", (latex, plain) => {
  expect(plainLatex(latex)).toBe(plain);
});

test("names, with units on axes", () => {
  const H0 = { name: "H0", latex: "H_0", unit: "km/s/Mpc" };
  const { plain, axis } = labelsOf({ parameters: [H0 as never], derived: [] });
  expect([plain("H0"), axis("H0"), axis("chi2")]).toEqual(["H₀", "H₀ (km/s/Mpc)", "chi2"]);
});
