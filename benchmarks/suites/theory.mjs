// The likelihood of flat ΛCDM on the measured expansion rates, with gradient: samplers call it a million times. And the fit as a whole.
import { readFileSync } from "node:fs";
import { createEngine, readTable } from "@tetrad/engine";
import { createLikelihood, fitLikelihood, parseTheory } from "@tetrad/theory";
import { compare, local } from "../lib/measure.mjs";
import { goalLine, microseconds, short, table } from "../lib/report.mjs";
import { median } from "../lib/statistics.mjs";
import { openAll } from "../peers/index.mjs";

const folder = new URL("../../examples/cosmic-chronometers/", import.meta.url);
/** (Om, H0), the theory's own order. */
const THETA = Float64Array.of(0.33, 67.5);
const AGREEMENT = 1e-11;
const FITS = 25;

export async function run({ peers, effort, log }) {
  log("theory");
  const data = readTable(readFileSync(new URL("hz.csv", folder)), { source: "hz.csv" });
  const theory = parseTheory(readFileSync(new URL("flat-lcdm.yaml", folder), "utf8"), { source: "flat-lcdm.yaml" });
  const engine = await createEngine();
  const contenders = [];
  try {
    const likelihood = await createLikelihood(engine, theory, data);
    const { x, y: h, sigma } = likelihood.observations;
    const problem = { z: x.z, h, sigma, theta: THETA };
    const byHand = handWritten(problem);
    contenders.push(
      {
        name: "tetrad theory",
        sample: local(() => likelihood.valueAndGradient(THETA)),
        result: async () => flat(likelihood.valueAndGradient(THETA)),
        close() {},
      },
      { name: "JavaScript by hand", sample: local(byHand), result: async () => byHand(), close() {} },
    );
    contenders.push(...(await openAll(peers, "theory", problem)));
    const expected = byHand().slice();
    for (const { name, result } of contenders) {
      (await result()).forEach((value, i) => {
        if (!(Math.abs(value - expected[i]) <= AGREEMENT * Math.abs(expected[i])))
          throw new Error(`${name}: ${value}, expected ${expected[i]}`);
      });
    }
    const times = await compare(contenders, effort);
    const fits = [];
    for (let i = 0; i < FITS; i++) {
      const before = performance.now();
      const fit = fitLikelihood(likelihood);
      fits.push(performance.now() - before);
      if (!fit.converged) throw new Error("the fit did not converge");
    }
    const fit = { first: fits[0], median: median(fits), min: Math.min(...fits) };
    return { points: h.length, times, fit, text: describe(times, fit) };
  } finally {
    for (const contender of contenders) await contender.close();
    await engine.close();
  }
}

const flat = ({ value, gradient }) => [value, ...gradient];

/** The same in a plain loop: what a person would write who differentiates by hand. */
function handWritten({ z, h, sigma, theta }) {
  const result = new Float64Array(3);
  const norm = sigma.reduce((sum, s) => sum + Math.log(s * Math.sqrt(2 * Math.PI)), 0);
  return () => {
    const [om, h0] = theta;
    let [value, dOm, dH0] = [norm, 0, 0];
    for (let i = 0; i < z.length; i++) {
      const cube = (1 + z[i]) ** 3;
      const e = Math.sqrt(om * cube + 1 - om);
      const pull = (h0 * e - h[i]) / sigma[i];
      value += 0.5 * pull * pull;
      dOm += ((pull / sigma[i]) * h0 * (cube - 1)) / (2 * e);
      dH0 += (pull / sigma[i]) * e;
    }
    result[0] = value;
    result[1] = dOm;
    result[2] = dH0;
    return result;
  };
}

function describe(times, fit) {
  return [
    "−log likelihood of flat ΛCDM with gradient, 31 points, µs a call",
    table([["", "median", "min", "MAD"], ...Object.entries(times).map(([name, time]) => [name, ...microseconds(time)])]),
    `whole fit after compilation: first ${short(fit.first)} ms, then ${short(fit.median)} ms`,
    "",
    goalLine({ name: "likelihood with gradient", value: times["tetrad theory"].median * 1000, goal: 15, unit: "µs" }),
    goalLine({ name: "whole fit after compilation", value: fit.first, goal: 50, unit: "ms" }),
  ].join("\n");
}
