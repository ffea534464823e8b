// The posterior of 31 cosmic chronometers in flat ΛCDM: moments and quantiles by a fine grid (fits.json's numbers, copied), the evidence by quadrature here.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine, readTable, type Table } from "@tetrad/engine";
import {
  chainTarget,
  createLikelihood,
  gaussLegendre,
  type Likelihood,
  laplace,
  logPriorVolume,
  NestedSampler,
  nestedTarget,
  parseTheory,
  sampleTheory,
  variational,
} from "@tetrad/theory";
import { afterAll, beforeAll, expect, test } from "vitest";

const YAML = `
name: flat
model: H0*sqrt(Om*(1+z)^3 + 1-Om)
data: {x: z, y: H, error: sigma_H}
parameters:
  Om: {start: 0.3, bounds: [0.05, 0.7]}
  H0: {start: 70, bounds: [50, 90]}
derived:
  twice: 2*H0
`;
const POSTERIOR = {
  Om: { mean: 0.33235086589869667, sd: 0.062272308145508805, median: 0.32718314761897416 },
  H0: { mean: 67.72734647820285, sd: 3.097335097307722, median: 67.76331010404066 },
};

let engine: Engine;
let data: Table;
let likelihood: Likelihood;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  data = readTable(await readFile(fileURLToPath(new URL("../../examples/cosmic-chronometers/hz.csv", import.meta.url))), "hz.csv");
  likelihood = await createLikelihood(engine, parseTheory(YAML), data);
});
afterAll(async () => {
  likelihood.close();
  await engine.close();
});

/** ln of the mean likelihood over the box, by 64 × 64 nodes: the posterior is some ten widths of a node's spacing. */
function exactEvidence(): number {
  const { nodes, weights } = gaussLegendre(64);
  let sum = 0;
  nodes.forEach((a, i) => {
    nodes.forEach((b, j) => {
      const { value } = likelihood.valueAndGradient([0.375 + 0.325 * a, 70 + 20 * b]);
      sum += (((weights[i] as number) * (weights[j] as number)) / 4) * Math.exp(-value);
    });
  });
  return Math.log(sum);
}

test("NUTS: means, widths and medians within their Monte Carlo errors, the verdict, derived quantities", async () => {
  const { names, summaries, verdict, messages } = await sampleTheory(engine, parseTheory(YAML), data, {
    warmup: 500,
    draws: 1000,
    seed: 1,
  });
  expect(names).toEqual(["Om", "H0", "twice"]);
  expect({ verdict, messages }).toEqual({ verdict: { converged: true, reasons: [] }, messages: [] });
  for (const [name, exact] of Object.entries(POSTERIOR)) {
    const own = summaries.find((one) => one.name === name);
    expect(Math.abs((own?.mean as number) - exact.mean)).toBeLessThan(4 * (own?.mcseMean as number));
    expect(Math.abs((own?.sd as number) - exact.sd)).toBeLessThan(4 * (own?.mcseSd as number));
    expect(own?.mcseMean).toBeLessThan(exact.sd / 25);
    // The median's error is √(π/2) of the mean's for a Gaussian.
    expect(Math.abs((own?.quantiles[2] as number) - exact.median)).toBeLessThan(5 * (own?.mcseMean as number));
  }
  expect(summaries[2]?.mean).toBeCloseTo(2 * (summaries[1]?.mean as number), 10);
});

test("evidence by nested sampling, Laplace and variational inference", () => {
  const exact = exactEvidence();
  const nested = new NestedSampler(nestedTarget(likelihood), { live: 200, seed: 2 });
  nested.advance(Infinity);
  const { logEvidence, logEvidenceError } = nested.result();
  expect(logEvidenceError).toBeLessThan(0.2);
  expect(Math.abs(logEvidence - exact)).toBeLessThan(4 * logEvidenceError);
  for (const found of [laplace(chainTarget(likelihood)), variational(chainTarget(likelihood))]) {
    expect(found.overlap).toBeGreaterThan(0.7);
    expect(Math.abs(found.logEvidence - logPriorVolume(likelihood) - exact)).toBeLessThan(4 * found.logEvidenceError);
  }
});

test("an evidence without a proper prior is refused, by name", async () => {
  const open = await createLikelihood(engine, parseTheory(YAML.replace(", bounds: [50, 90]", "")), data);
  expect(() => nestedTarget(open)).toThrow(/H0: an evidence needs a prior of unit mass/);
  open.close();
});

test("a normal prior counts once: in the chains' density, and as the map of nested sampling", async () => {
  const theory = parseTheory(YAML.replace("bounds: [50, 90]", "prior: {normal: [73, 1]}"));
  const own = await createLikelihood(engine, theory, data);
  const nested = new NestedSampler(nestedTarget(own), { live: 200, seed: 4 });
  nested.advance(Infinity);
  const { theta, weights, effectiveSize } = nested.result();
  own.close();
  const { summaries } = await sampleTheory(engine, theory, data, { warmup: 300, draws: 700, seed: 2 });
  const [om, h0] = summaries;
  for (const [i, chain] of [om, h0].entries()) {
    const mean = weights.reduce((sum, w, d) => sum + w * (theta[2 * d + i] as number), 0);
    expect(Math.abs(mean - (chain?.mean as number))).toBeLessThan(
      4 * (chain?.sd as number) * Math.sqrt(1 / effectiveSize + 1 / (chain?.essBulk as number)),
    );
  }
  expect(h0?.mean).toBeGreaterThan(72);
});

test("a model undefined in part of its bounds: sampled where it lives, and said so", async () => {
  const theory = parseTheory(YAML.replace("bounds: [0.05, 0.7]", "bounds: [-0.5, 0.7]"));
  const { messages, summaries, verdict } = await sampleTheory(engine, theory, data, { warmup: 500, draws: 1000, seed: 3, metric: "dense" });
  expect(verdict.reasons).toEqual([]);
  expect(Math.abs((summaries[0]?.mean as number) - POSTERIOR.Om.mean)).toBeLessThan(0.01);
  expect(messages.join()).toMatch(/^In \d+ of \d+ calls the theory had no finite value/);
});
