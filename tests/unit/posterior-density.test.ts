// Densities of corner plots: regions of the size they claim, no leak across walls.
import { expect, test } from "vitest";
import { DENSITY_CELLS, density1d, density2d, densityAxis, densityLevel } from "../../packages/theory/src/diagnose/density.js";
import { ChainRandom } from "../../packages/theory/src/sample/chain-random.js";

const open = [-Infinity, Infinity] as const;
const random = new ChainRandom(1, 0);

test("68 % and 95 % regions of a Gaussian have its ellipses' areas", () => {
  const n = 20_000;
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  random.begin(1);
  random.normals(x);
  random.normals(y);
  const rho = 0.8;
  const tilted = y.map((value, i) => rho * (x[i] as number) + Math.sqrt(1 - rho * rho) * value);
  const [across, up] = [densityAxis(x, open), densityAxis(tilted, open)];
  const density = density2d(x, tilted, across, up, n);
  const cell = ((across.high - across.low) * (up.high - up.low)) / DENSITY_CELLS ** 2;
  for (const share of [0.6827, 0.9545]) {
    const level = densityLevel(density, share);
    const area = density.filter((value) => value >= level).length * cell;
    const exact = 2 * Math.PI * -Math.log(1 - share) * Math.sqrt(1 - rho * rho);
    // Smoothing by h = n^(−1/6) of each axis widens variances by h² = 4 %, and the narrow axis, √(1 − ρ) of the wide one, by 4 %/(1 − ρ): 10 % of area.
    expect(area / exact).toBeGreaterThan(0.97);
    expect(area / exact).toBeLessThan(1.13);
  }
});

test("a uniform density is as high beside its walls as between them", () => {
  random.begin(2);
  const values = Float64Array.from({ length: 20_000 }, () => random.uniform());
  const axis = densityAxis(values, [0, 1]);
  expect([axis.low, axis.high]).toEqual([0, 1]);
  const heights = density1d(values, axis, values.length);
  // Each height averages some hundred draws a cell over a dozen cells: 3 % of noise, four times that at most.
  expect(Math.min(...heights)).toBeGreaterThan(0.85);
});
