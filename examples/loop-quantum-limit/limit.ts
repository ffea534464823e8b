// Upper limits of one parameter, by profile likelihood and by posterior: node limit.ts
import { createEngine } from "@tetrad/engine";
import {
  chiSquareSurvival,
  coordinate,
  createLikelihood,
  fitLikelihood,
  freeParameters,
  loadTheories,
  pooled,
  profileLikelihood,
  quantile,
  sampleTheory,
} from "@tetrad/theory";

const [NAME, LEVEL] = ["q", 0.95];
/** Δχ² at a one-sided limit: 1 − level is half of what lies beyond on both sides. 2.706 for 95 %. */
const RISE = bisect((rise) => chiSquareSurvival(rise, 1) - 2 * (1 - LEVEL), 0, 20);

const engine = await createEngine({ threads: 1 });
const [theory] = await loadTheories(`${import.meta.dirname}/loop-quantum.yaml`);
if (theory === undefined) throw new Error("the file holds no theory");

const likelihood = await createLikelihood(engine, theory);
const [profile] = profileLikelihood(likelihood, fitLikelihood(likelihood), { names: [NAME], points: 101 }).profiles;
if (profile === undefined) throw new Error(`${NAME} has no profile`);
const { values, rises, best } = profile;
// Straight between two points of the curve, which are a hundredth of it apart
const after = values.findIndex((value, i) => value > best && (rises[i] ?? Infinity) >= RISE);
const [low, high] = [rises[after - 1] as number, rises[after] as number];
const byProfile =
  (values[after - 1] as number) + (((values[after] as number) - (values[after - 1] as number)) * (RISE - low)) / (high - low);

const { chains, verdict } = await sampleTheory(engine, theory, undefined, { draws: 4000, seed: 0 });
const free = freeParameters(theory).map(({ name }) => name);
const byPosterior = quantile(pooled(coordinate(chains, free.length, free.indexOf(NAME))).sort(), LEVEL);

console.log(`${NAME} at its best: ${best.toPrecision(3)}`);
console.log(`${NAME} < ${byProfile.toFixed(4)} at ${100 * LEVEL} % by profile likelihood (Δχ² = ${RISE.toFixed(3)})`);
console.log(
  `${NAME} < ${byPosterior.toFixed(4)} at ${100 * LEVEL} % by posterior (flat prior from 0; ${verdict.converged ? "converged" : "not converged"})`,
);
console.log(`ρc > ${(1 / byProfile).toFixed(0)} and ${(1 / byPosterior).toFixed(0)} times today's density`);
likelihood.close();
await engine.close();

function bisect(f: (x: number) => number, from: number, to: number): number {
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (f(middle) > 0) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
