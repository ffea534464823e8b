/** The likelihood of flat ΛCDM on measured expansion rates, with gradient: samplers call it a million times. And the fit as a whole. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, readTable } from "@tetrad/engine";
import { createLikelihood, fitLikelihood, type Likelihood, parseTheory } from "@tetrad/theory";
import { agree, compare } from "../measure/compare.js";
import { local } from "../measure/contender.js";
import { median } from "../measure/statistics.js";
import { packagePath } from "../paths.js";
import { openAll } from "../peers/index.js";
import type { SuiteContext, SuiteResult, Timing } from "../suite.js";
import { absentNotes, comparisonTable, short } from "../text.js";
import { supernovaFigures } from "./supernovae.js";

const FOLDER = packagePath("../../examples/cosmic-chronometers");
/** (Om, H0), the theory's own order. */
const THETA = Float64Array.of(0.33, 67.5);
const AGREEMENT = 1e-11;
const FITS = 25;

interface Problem {
  readonly z: Float64Array;
  readonly h: Float64Array;
  readonly sigma: Float64Array;
  readonly theta: Float64Array;
}

export async function run(context: SuiteContext): Promise<SuiteResult> {
  if (!existsSync(FOLDER))
    return { comparisons: [], tables: [], figures: [], notes: ["absent: it needs the examples of a clone of the repository"] };
  const data = readTable(readFileSync(join(FOLDER, "hz.csv")), "hz.csv");
  const theory = parseTheory(readFileSync(join(FOLDER, "flat-lcdm.yaml"), "utf8"), { source: "flat-lcdm.yaml" });
  const engine = await createEngine({ backend: "wasm" });
  try {
    const likelihood = await createLikelihood(engine, theory, data);
    const { x, y: h, sigma } = likelihood.observations;
    const problem: Problem = { z: x["z"] as Float64Array, h, sigma, theta: THETA };
    const byHand = handWritten(problem);
    const expected = byHand().slice();
    // One thread is all that 31 points can use.
    const field = await openAll(context.peers, "theory", problem, [1]);
    const ours = {
      name: "tetrad theory",
      who: "tetrad",
      threads: 1,
      sample: local(() => likelihood.valueAndGradient(THETA)),
      result: async () => flat(likelihood),
      close() {},
    };
    const plain = {
      name: "JavaScript by hand",
      who: "javascript",
      threads: 1,
      sample: local(byHand),
      result: async () => byHand(),
      close() {},
    };
    const comparison = await compare(
      context,
      `−log likelihood of flat ΛCDM with gradient, ${h.length} points`,
      { ...field, contenders: [ours, plain, ...field.contenders] },
      (result) => agree(result, expected, AGREEMENT),
    );
    const fit = timeFits(likelihood);
    return {
      comparisons: [comparison],
      tables: [comparisonTable(comparison, "µs")],
      figures: [
        {
          name: "likelihood with gradient",
          value: (comparison.timings["tetrad theory"] as Timing).median * 1000,
          goal: 15,
          unit: "µs",
          atLeast: false,
        },
        { name: "whole fit after compilation", value: fit.first, goal: 50, unit: "ms", atLeast: false },
        ...(await supernovaFigures(engine)),
      ],
      notes: [`whole fit after compilation: first ${short(fit.first)} ms, then ${short(fit.median)} ms`, ...absentNotes([comparison])],
    };
  } finally {
    await engine.close();
  }
}

function flat(likelihood: Likelihood): number[] {
  const { value, gradient } = likelihood.valueAndGradient(THETA);
  return [value, ...Array.from(gradient)];
}

function timeFits(likelihood: Likelihood): { readonly first: number; readonly median: number } {
  const times: number[] = [];
  for (let i = 0; i < FITS; i++) {
    const before = performance.now();
    const fit = fitLikelihood(likelihood);
    times.push(performance.now() - before);
    if (!fit.converged) throw new Error("the fit did not converge");
  }
  return { first: times[0] as number, median: median(times) };
}

/** The same in a plain loop: what a person would write who differentiates by hand. */
function handWritten({ z, h, sigma, theta }: Problem): () => Float64Array {
  const result = new Float64Array(3);
  const norm = sigma.reduce((sum, s) => sum + Math.log(s * Math.sqrt(2 * Math.PI)), 0);
  return () => {
    const [om, h0] = theta as unknown as [number, number];
    let [value, dOm, dH0] = [norm, 0, 0];
    for (let i = 0; i < z.length; i++) {
      const cube = (1 + (z[i] as number)) ** 3;
      const e = Math.sqrt(om * cube + 1 - om);
      const s = sigma[i] as number;
      const pull = (h0 * e - (h[i] as number)) / s;
      value += 0.5 * pull * pull;
      dOm += ((pull / s) * h0 * (cube - 1)) / (2 * e);
      dH0 += (pull / s) * e;
    }
    result[0] = value;
    result[1] = dOm;
    result[2] = dH0;
    return result;
  };
}
