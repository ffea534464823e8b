// 40 supernova bins with systematics and 31 chronometers in flat w0waCDM, whose posterior bends along a valley into a corner of its box: means, widths and
// evidences by quadrature (golden/science/fits.json), for theories of examples/supernovae.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import { createLikelihood, loadTheories, NestedSampler, nestedTarget, sampleTheory, type Theory } from "@tetrad/theory";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../support/root.js";
import { describeShared } from "../support/shared.js";

interface Exact {
  readonly posterior: {
    readonly parameters: readonly string[];
    readonly mean: readonly number[];
    readonly sd: readonly number[];
    readonly ln_evidence: number;
  };
}

describeShared("supernovae and chronometers together", "data/cosmo-pantheon2018", (folder) => {
  const exact = (JSON.parse(readFileSync(join(root, "../shared/golden/science/fits.json"), "utf8")) as { sn_cc: Record<string, Exact> })
    .sn_cc;
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads: 1 });
  });
  afterAll(() => engine.close());
  const load = async (name: string): Promise<Theory> => {
    const [theory] = await loadTheories(join(root, `examples/supernovae/${name}.yaml`), { folder });
    return theory as Theory;
  };

  test("NUTS: every mean and width within its Monte Carlo error", async () => {
    const { parameters, mean, sd } = (exact["flat-w0wacdm"] as Exact).posterior;
    const { summaries } = await sampleTheory(engine, await load("joint-w0wa"), undefined, {
      warmup: 600,
      draws: 1500,
      seed: 1,
      targetAcceptance: 0.95,
    });
    expect(summaries.map(({ name }) => name)).toEqual(parameters);
    for (const [i, own] of summaries.entries()) {
      expect(Math.abs(own.mean - (mean[i] as number)), own.name).toBeLessThan(4 * (own.mcseMean as number));
      expect(Math.abs(own.sd - (sd[i] as number)), own.name).toBeLessThan(4 * (own.mcseSd as number));
      expect(own.mcseMean, own.name).toBeLessThan((sd[i] as number) / 15);
    }
  });

  test.each([
    ["joint-lcdm", "flat-lcdm"],
    ["joint-w0wa", "flat-w0wacdm"],
  ])("nested sampling of %s: ln Z", async (file, model) => {
    const likelihood = await createLikelihood(engine, await load(file));
    const nested = new NestedSampler(nestedTarget(likelihood), { live: 150, seed: 3 });
    nested.advance(Infinity);
    const { logEvidence, logEvidenceError } = nested.result();
    likelihood.close();
    expect(logEvidenceError).toBeLessThan(0.2);
    expect(Math.abs(logEvidence - (exact[model] as Exact).posterior.ln_evidence)).toBeLessThan(4 * logEvidenceError);
  });
});
