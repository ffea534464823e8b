// A chain's numbers depend on its target, options, seed and index alone: not on how it is cut into pieces, nor on what runs beside it.
import { describe, expect, test } from "vitest";
import { Chain, type ChainState, type ChainTarget } from "../../packages/theory/src/sample/chain.js";
import { ChainRandom } from "../../packages/theory/src/sample/chain-random.js";
import { NestedSampler, type NestedTarget } from "../../packages/theory/src/sample/nested.js";
import { CHAIN_SAMPLERS, type ChainOptions } from "../../packages/theory/src/sample/options.js";
import { sampleChains } from "../../packages/theory/src/sample/sample.js";
import { schedule } from "../../packages/theory/src/sample/warmup.js";
import { chiSquareSurvival } from "../../packages/theory/src/special.js";
import { eightSchools, lines, rosenbrock } from "./posterior-targets.js";
import { errorOf } from "./theory-support.js";

const parts = ({ theta, logDensity, statistics, calls }: ReturnType<Chain["result"]>) => ({
  theta: [...theta],
  logDensity: [...logDensity],
  statistics: [...statistics],
  calls,
});

describe.each(CHAIN_SAMPLERS)("%s", (sampler) => {
  const options: ChainOptions = { sampler, warmup: 120, draws: 40, seed: 7, ...(sampler === "ensemble" && { walkers: 22 }) };
  test("stopped in warm-up and again later, kept as JSON: the very same draws", () => {
    const target = lines(eightSchools);
    const whole = new Chain(target, options, 2);
    whole.advance(Infinity);
    let state: ChainState | undefined;
    for (const iterations of [57, 80, 1000]) {
      const chain = new Chain(target, options, 2, state);
      chain.advance(iterations);
      state = JSON.parse(JSON.stringify(chain.state())) as ChainState;
      if (!chain.finished) continue;
      expect(parts(chain.result())).toEqual(parts(whole.result()));
    }
    expect(state?.iteration).toBe(160);
  });

  test("chains differ from each other and repeat themselves", () => {
    const draw = (seed: number) =>
      sampleChains(lines(rosenbrock), { ...options, seed, walkers: 8, chains: 2, draws: 10 }).map(({ theta }) => [...theta]);
    const [first, second] = draw(1);
    expect(draw(1)).toEqual([first, second]);
    expect(first).not.toEqual(second);
    expect(draw(2)[0]).not.toEqual(first);
  });
});

test("nested sampling, stopped and kept as JSON: the very same evidence", () => {
  const target: NestedTarget = {
    dim: 2,
    priorTransform: (cube, theta) => theta.set(cube.map((x) => 10 * x - 5)),
    logLikelihood: ([x = 0, y = 0]) => (x < -4 ? Number.NaN : -(x * x + 4 * y * y) / 2),
  };
  const options = { live: 50, seed: 3 };
  const whole = new NestedSampler(target, options);
  whole.advance(Infinity);
  const first = new NestedSampler(target, options);
  first.advance(77);
  const second = new NestedSampler(target, options, JSON.parse(JSON.stringify(first.state())));
  second.advance(Infinity);
  expect(second.result()).toEqual(whole.result());
});

test("a long nested run is taken up again: more dead points than a call may have arguments", () => {
  const target: NestedTarget = { dim: 1, priorTransform: (cube, theta) => theta.set(cube), logLikelihood: ([x = 0]) => -x };
  const state = JSON.parse(JSON.stringify(new NestedSampler(target, { live: 4 }).state()));
  const dead = 300_000;
  const long = { ...state, iteration: dead, dead: new Array(dead).fill([0.5]), deadLikelihoods: new Array(dead).fill(-0.5) };
  expect(new NestedSampler(target, { live: 4 }, long).progress.dead).toBe(dead);
});

test("random numbers: every iteration has its own, chains share none", () => {
  const draw = (chain: number, iteration: number) => {
    const random = new ChainRandom(5, chain);
    random.begin(iteration);
    const normals = new Float64Array(3);
    random.normals(normals);
    return [random.uniform(), random.uniform(), ...normals];
  };
  expect(draw(0, 1)).toEqual(draw(0, 1));
  expect(new Set([...draw(0, 1), ...draw(1, 1), ...draw(0, 2), ...draw(1, 0)]).size).toBe(20);
});

test("warm-up windows are Stan's", () => {
  expect(schedule(1000)).toEqual({ from: 75, ends: [100, 150, 250, 450, 950] });
  expect(schedule(500)).toEqual({ from: 75, ends: [100, 150, 250, 450] });
  expect(schedule(400)).toEqual({ from: 75, ends: [100, 150, 350] });
  expect(schedule(100)).toEqual({ from: 15, ends: [90] });
  expect(schedule(10)).toEqual({ from: 10, ends: [] });
});

test("bad input", () => {
  const target = lines(rosenbrock);
  const refused = (options: object) => errorOf(() => new Chain(target, options, 0));
  for (const [name, value] of Object.entries({ draws: 2, warmup: -1, seed: 0.5, maxDepth: 30, targetAcceptance: 1, time: 0, thin: 0 })) {
    expect(refused({ [name]: value })).toMatchObject({ code: "ARGUMENT", message: expect.stringContaining(`${name} out of range`) });
  }
  expect(refused({ sampler: "ensemble", walkers: 5 })).toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining("an even number"),
  });
  expect(refused({ sampler: "gibbs" })).toMatchObject({ code: "ARGUMENT", message: expect.stringContaining("nuts, hmc") });
  expect(refused({ draws: 2 ** 30 })).toMatchObject({ code: "ARGUMENT", message: expect.stringContaining("at most 1677721 draws") });
  const nowhere: ChainTarget = { ...target, density: { dim: 2, logDensity: () => Number.NaN } };
  expect(errorOf(() => new Chain(nowhere, {}, 0))).toMatchObject({
    code: "DATA",
    message: expect.stringContaining("none of 200 starting points"),
  });
  const empty = { dim: 1, priorTransform: () => {}, logLikelihood: () => Number.NaN };
  expect(errorOf(() => new NestedSampler(empty, { live: 20 }))).toMatchObject({
    code: "DATA",
    message: expect.stringContaining("prior excludes"),
  });
  expect(errorOf(() => new NestedSampler(empty, { live: 2 })).code).toBe("ARGUMENT");
  expect(errorOf(() => sampleChains(target, { warmup: 3000, draws: 3000, onProgress: () => false })).code).toBe("CANCELLED");
});

test("simulation-based calibration: ranks of the truth among draws are uniform", () => {
  // A straight line with normal priors; S. Talts et al., arXiv:1804.06788, algorithm 1. 200 simulations × 2 parameters; a biased or too narrow
  // posterior piles ranks up at an end or at both, and χ² of 10 bins rises with every simulation.
  const x = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5];
  const simulations = Number(process.env["TETRAD_SBC"] ?? 200); // TETRAD_SBC=20000 for a larger one by hand
  const draws = 99;
  const counts = [new Float64Array(10), new Float64Array(10)] as const;
  const random = new ChainRandom(2024, 7);
  const noise = new Float64Array(2 + x.length);
  for (let s = 0; s < simulations; s++) {
    random.begin(s);
    random.normals(noise);
    const truth = [noise[0] as number, 2 * (noise[1] as number)] as const;
    const y = x.map((at, i) => truth[0] + truth[1] * at + (noise[2 + i] as number));
    const target = lines({
      dim: 2,
      logDensity([a = 0, b = 0], gradient) {
        let value = -(a * a) / 2 - (b * b) / 8;
        let [da, db] = [-a, -b / 4];
        for (const [i, at] of x.entries()) {
          const pull = (y[i] as number) - a - b * at;
          value -= (pull * pull) / 2;
          da += pull;
          db += pull * at;
        }
        gradient?.set([da, db]);
        return value;
      },
    });
    // Every third draw: ranks must be of nearly independent ones.
    const [chain] = sampleChains(target, { warmup: 100, draws: 3 * draws, seed: s, chains: 1 });
    for (const parameter of [0, 1] as const) {
      let rank = 0;
      for (let d = 0; d < draws; d++) if ((chain?.theta[6 * d + parameter] as number) < truth[parameter]) rank++;
      const bin = Math.floor((rank * 10) / (draws + 1));
      counts[parameter][bin] = (counts[parameter][bin] as number) + 1;
    }
  }
  for (const bins of counts) {
    const expected = simulations / 10;
    const chi2 = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquareSurvival(chi2, 9)).toBeGreaterThan(1e-3);
  }
});
