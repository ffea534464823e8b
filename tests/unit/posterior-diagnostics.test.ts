// r̂, effective sizes and Monte Carlo errors equal ArviZ's on its own chains: mixed, one shifted, heavy-tailed of odd length with ties.
import { describe, expect, test } from "vitest";
import {
  bulkEffectiveSize,
  deviationError,
  effectiveSize,
  meanError,
  quantileEffectiveSize,
  tailEffectiveSize,
} from "../../packages/theory/src/diagnose/effective.js";
import { normalQuantile } from "../../packages/theory/src/diagnose/normal.js";
import { quantile, ranks, splitChains } from "../../packages/theory/src/diagnose/ranks.js";
import { potentialScaleReduction, rankRhat } from "../../packages/theory/src/diagnose/rhat.js";
import { judge, summarise } from "../../packages/theory/src/diagnose/summary.js";
import { ChainRandom } from "../../packages/theory/src/sample/chain-random.js";
import { energyFraction } from "../../packages/theory/src/sample/sample.js";
import { golden } from "./posterior-targets.js";

const chainsOf = (name: keyof typeof golden.diagnostics) => golden.diagnostics[name].chains.map((chain) => Float64Array.from(chain));

describe.each(["mixed_ar1", "one_chain_shifted", "heavy_tails_odd_length"] as const)("%s", (name) => {
  const { arviz } = golden.diagnostics[name];
  const chains = chainsOf(name);
  // Sums of some hundred terms in another order, and a quantile function of another source: 1e-12 would do, ArviZ's own Φ⁻¹ errs by 1e-15.
  const close = (value: number, exact: number) => expect(Math.abs(value / exact - 1)).toBeLessThan(1e-10);
  test("r̂: ranked, split, plain", () => {
    close(rankRhat(chains), arviz.r_hat.rank);
    close(potentialScaleReduction(splitChains(chains)), arviz.r_hat.split);
    close(potentialScaleReduction(chains), arviz.r_hat.identity);
  });
  test("effective sizes", () => {
    close(bulkEffectiveSize(chains), arviz.ess_bulk);
    close(tailEffectiveSize(chains), arviz.ess_tail);
    close(effectiveSize(splitChains(chains)), arviz.ess_mean);
    close(effectiveSize(chains), arviz.ess_identity);
    for (const [p, exact] of Object.entries(arviz.ess_quantile)) close(quantileEffectiveSize(chains, Number(p)), exact);
  });
  test("Monte Carlo errors", () => {
    close(meanError(chains), arviz.mcse_mean);
    close(deviationError(chains), arviz.mcse_sd);
  });
});

test("a quantity in units that make its draws tiny has the same effective draws", () => {
  const chains = chainsOf("mixed_ar1");
  const tiny = chains.map((chain) => chain.map((value) => value * 2 ** -200));
  expect(effectiveSize(tiny)).toBe(effectiveSize(chains));
  expect(meanError(tiny)).toBe(meanError(chains) * 2 ** -200);
});

test("the verdict names what is wrong", () => {
  const verdict = judge([
    summarise("a", chainsOf("mixed_ar1")),
    summarise("b", chainsOf("one_chain_shifted")),
    summarise("c", [new Float64Array(50).fill(2)]),
  ]);
  expect(verdict.converged).toBe(false);
  expect(verdict.reasons).toEqual([
    "a: 304 effective draws, below 400",
    "b: r̂ = 1.146, above 1.01: the chains disagree",
    "b: 25 effective draws, below 400",
    "c: all draws are equal, or not finite",
  ]);
  // Four copies of an even spread, which agree by construction.
  const even = Float64Array.from({ length: 500 }, (_, i) => (i * 0.6180339887498949) % 1);
  expect(judge([summarise("d", [even, even, even, even])])).toEqual({ converged: true, reasons: [] });
});

test("quantiles of type 7 and ranks with ties", () => {
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([1, 2, 4, 8], 0.95)).toBeCloseTo(7.4, 12);
  expect(ranks([Float64Array.of(3, 1, 3), Float64Array.of(2, 3, 0)]).map((own) => [...own])).toEqual([
    [5, 2, 5],
    [3, 5, 1],
  ]);
});

test("normal quantiles to the last digits", () => {
  // mpmath, 30 digits: √2 erfinv(2p − 1).
  const exact: [number, number][] = [
    [0.975, 1.959963984540054],
    [0.5, 0],
    [1e-10, -6.361340902404056],
    [0.84134474606854293, 1],
    [1e-300, -37.04711],
  ];
  for (const [p, value] of exact) expect(normalQuantile(p)).toBeCloseTo(value, p === 1e-300 ? 3 : 13);
});

test("E-BFMI of independent energies is 2, of a random walk near 0", () => {
  const random = new ChainRandom(1, 0);
  const independent = Float64Array.from({ length: 4000 }, () => random.uniform() - 0.5);
  expect(energyFraction(independent)).toBeGreaterThan(1.8);
  let at = 0;
  const walk = independent.map((step) => {
    at += step;
    return at;
  });
  expect(energyFraction(walk)).toBeLessThan(0.05);
});
