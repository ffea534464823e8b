/** Likelihoods of synthetic supernova surveys with gradient: 40 correlated bins and 1048 single supernovae, curved, as samplers call them. */
import { createLikelihood, type FunctionEngine, type Likelihood, parseTheory, simulate } from "@tetrad/theory";
import { median } from "../measure/statistics.js";
import type { SuiteResult } from "../suite.js";

const CALLS = 200;
const BATCHES = 25;

const theoryOf = (covariance: string): string => `
name: supernovae
use: cosmology
model: supernova_modulus(z, z)
data: { x: z, y: m, error: s${covariance} }
marginalise: offset
parameters: { Om: { start: 0.3, bounds: [0.05, 0.7] }, Ode: { start: 0.7, bounds: [0, 1.4] } }
`;

/** Goals of a call in µs. */
const SURVEYS = [
  { name: "40 supernova bins with covariance", n: 40, correlated: true, goal: 40 },
  { name: "1048 supernovae", n: 1048, correlated: false, goal: 400 },
];

export async function supernovaFigures(engine: FunctionEngine): Promise<SuiteResult["figures"]> {
  const figures: SuiteResult["figures"][number][] = [];
  for (const { name, n, correlated, goal } of SURVEYS) {
    const files = correlated ? { "c.txt": commonError(n) } : {};
    const theory = parseTheory(theoryOf(correlated ? ", covariance: c.txt" : ""), { files });
    const z = Array.from({ length: n }, (_, i) => 0.01 * 230 ** (i / (n - 1)));
    const design = { columns: { z, m: z.map(() => 0), s: z.map(() => 0.1) } };
    const likelihood = await createLikelihood(engine, theory, simulate(theory, design, { seed: 1 }));
    try {
      figures.push({ name: `likelihood of ${name} with gradient`, value: microseconds(likelihood), goal, unit: "µs", atLeast: false });
    } finally {
      likelihood.close();
    }
  }
  return figures;
}

function microseconds(likelihood: Likelihood): number {
  const theta = likelihood.start;
  const batches = Array.from({ length: BATCHES }, () => {
    const before = performance.now();
    for (let i = 0; i < CALLS; i++) {
      theta[0] = 0.3 + 1e-6 * i;
      likelihood.valueAndGradient(theta);
    }
    return ((performance.now() - before) / CALLS) * 1000;
  });
  return median(batches);
}

/** A calibration error of 0.02 that all bins share, and one of 0.01 that falls off between them. */
function commonError(n: number): string {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => 4e-4 + 1e-4 * Math.exp(-Math.abs(i - j) / 5)).join(" "),
  ).join("\n");
}
