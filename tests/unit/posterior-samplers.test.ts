// Samplers on targets whose moments are known exactly, with fixed seeds. Bounds: a mean errs by its Monte Carlo standard error, so |z| < 4 for each, which
// chance exceeds once in 16,000; a wrong sampler moves every z in proportion to √draws.
import { describe, expect, test } from "vitest";
import { deviationError, meanError, quantileEffectiveSize } from "../../packages/theory/src/diagnose/effective.js";
import { normalQuantile } from "../../packages/theory/src/diagnose/normal.js";
import { pooled } from "../../packages/theory/src/diagnose/ranks.js";
import { judge, summarise } from "../../packages/theory/src/diagnose/summary.js";
import type { ChainTarget } from "../../packages/theory/src/sample/chain.js";
import { ChainRandom } from "../../packages/theory/src/sample/chain-random.js";
import { laplace } from "../../packages/theory/src/sample/laplace.js";
import type { LogDensity } from "../../packages/theory/src/sample/log-density.js";
import { NestedSampler, resample } from "../../packages/theory/src/sample/nested.js";
import { boundedNormal, logNormalMass } from "../../packages/theory/src/sample/normal-prior.js";
import type { ChainOptions } from "../../packages/theory/src/sample/options.js";
import { coordinate, sampleChains, statistic, summariseChains } from "../../packages/theory/src/sample/sample.js";
import { Transform } from "../../packages/theory/src/sample/transform.js";
import { variational } from "../../packages/theory/src/sample/variational.js";
import type { Parameter, Theory } from "../../packages/theory/src/theory.js";
import { eightSchools, funnel, gaussian, golden, lines, rosenbrock, transformed } from "./posterior-targets.js";
import { errorOf } from "./theory-support.js";

const average = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function zOfMean(chains: readonly Float64Array[], exact: number): number {
  return (average(pooled(chains)) - exact) / meanError(chains);
}

function zOfSd(chains: readonly Float64Array[], exact: number): number {
  const all = pooled(chains);
  const centre = average(all);
  return (Math.sqrt(all.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (all.length - 1)) - exact) / deviationError(chains);
}

/** How far the share of draws below a known quantile is from its probability, in standard errors. */
function zOfQuantile(chains: readonly Float64Array[], probability: number, exact: number): number {
  const share = average(pooled(chains).map((value) => (value <= exact ? 1 : 0)));
  return (share - probability) / Math.sqrt((probability * (1 - probability)) / quantileEffectiveSize(chains, probability));
}

const near = (z: number, what: string) => expect(Math.abs(z), what).toBeLessThan(4);

test.each([
  ["gaussian", gaussian, golden.gaussian_10d.points],
  ["funnel", funnel, golden.funnel_10d.points],
  ["rosenbrock", rosenbrock, golden.rosenbrock_2d.points],
] as const)("%s: density and gradient are the golden's", (_, target, points) => {
  for (const { x, log_density, gradient } of points) {
    const slope = new Float64Array(target.dim);
    const scale = Math.max(1, Math.abs(log_density), ...gradient.map(Math.abs));
    expect(Math.abs(target.logDensity(Float64Array.from(x), slope) - log_density) / scale).toBeLessThan(1e-13);
    slope.forEach((value, i) => {
      expect(Math.abs(value - (gradient[i] as number)) / scale).toBeLessThan(1e-13);
    });
  }
});

describe("a Gaussian of condition number 1e5", () => {
  const cases: [string, ChainOptions][] = [
    ["NUTS, dense metric", { sampler: "nuts", metric: "dense", warmup: 600, draws: 1000 }],
    ["NUTS, diagonal metric", { sampler: "nuts", warmup: 600, draws: 700 }],
    ["HMC", { sampler: "hmc", metric: "dense", warmup: 600, draws: 1000 }],
    ["Metropolis", { sampler: "metropolis", warmup: 600, draws: 700, thin: 60 }],
    ["ensemble", { sampler: "ensemble", warmup: 800, draws: 500, thin: 10 }],
  ];
  test.each(cases)("%s", (_, options) => {
    const chains = sampleChains(lines(gaussian), { ...options, seed: 11, chains: options.sampler === "ensemble" ? 1 : 4 });
    const { mean, sd } = golden.gaussian_10d;
    for (let i = 0; i < 10; i++) {
      const own = coordinate(chains, 10, i);
      near(zOfMean(own, mean[i] as number), `mean ${i}`);
      near(zOfSd(own, sd[i] as number), `sd ${i}`);
    }
    // Walkers of an ensemble are many short chains, whose r̂ needs longer ones.
    if (options.sampler !== "ensemble") expect(judge([summarise("first", coordinate(chains, 10, 0))]).reasons).toEqual([]);
    expect(chains.every(({ undefinedCalls }) => undefinedCalls === 0)).toBe(true);
  });
});

test("NUTS follows Rosenbrock's valley: quantiles of both coordinates", () => {
  const chains = sampleChains(lines(rosenbrock), { warmup: 800, draws: 2000, seed: 3, targetAcceptance: 0.9, metric: "dense" });
  const { quantiles_x, quantiles_y } = golden.rosenbrock_2d;
  for (const [i, quantiles] of [quantiles_x, quantiles_y].entries()) {
    for (const [p, exact] of Object.entries(quantiles)) near(zOfQuantile(coordinate(chains, 2, i), Number(p), exact), `${i} at ${p}`);
  }
});

test("NUTS on eight schools: moments by quadrature", () => {
  const chains = sampleChains(lines(eightSchools), { warmup: 800, draws: 2000, seed: 5, targetAcceptance: 0.95 });
  const { mu, ln_tau, theta } = golden.eight_schools.exact;
  near(zOfMean(coordinate(chains, 10, 0), mu.mean), "mu");
  near(zOfSd(coordinate(chains, 10, 0), mu.sd), "sd of mu");
  near(zOfMean(coordinate(chains, 10, 1), ln_tau.mean), "ln tau");
  for (let i = 0; i < 8; i++) {
    const own = transformed(chains, 10, (p) => (p[0] as number) + Math.exp(p[1] as number) * (p[2 + i] as number));
    near(zOfMean(own, theta.mean[i] as number), `theta ${i}`);
    near(zOfSd(own, theta.sd[i] as number), `sd of theta ${i}`);
  }
});

describe("Neal's funnel, which no step size fits", () => {
  test("is not passed over: trajectories diverge and the verdict says that chains disagree", () => {
    const chains = sampleChains(lines(funnel), { warmup: 1000, draws: 1000, seed: 2, targetAcceptance: 0.8, metric: "dense" });
    const diverging = chains.flatMap((chain) => [...(statistic(chain, "diverging") as Float64Array)]).filter((value) => value === 1).length;
    expect(diverging).toBeGreaterThan(10);
    expect(judge([summarise("v", coordinate(chains, 10, 0))]).reasons.join()).toMatch(/the chains disagree.*effective draws, below 400/);
  });

  test("in coordinates without the funnel (x = z e^(v/2)) its quantiles come out", () => {
    const flat: LogDensity = {
      dim: 10,
      logDensity(p, gradient) {
        let square = ((p[0] as number) / 3) ** 2;
        for (let i = 1; i < 10; i++) square += (p[i] as number) ** 2;
        gradient?.set(p.map((value, i) => (i === 0 ? -value / 9 : -value)));
        return -square / 2;
      },
    };
    const chains = sampleChains(lines(flat), { warmup: 500, draws: 2000, seed: 1 });
    const { v, x } = golden.funnel_10d;
    for (const [p, exact] of Object.entries(v.quantiles)) near(zOfQuantile(coordinate(chains, 10, 0), Number(p), exact), `v at ${p}`);
    const drawn = transformed(chains, 10, (p) => (p[3] as number) * Math.exp((p[0] as number) / 2));
    for (const [limit, share] of Object.entries(x.probability_abs_below)) {
      near(
        zOfMean(
          drawn.map((chain) => chain.map((value) => (Math.abs(value) < Number(limit) ? 1 : 0))),
          share,
        ),
        `P(|x| < ${limit})`,
      );
    }
    near(
      zOfMean(
        drawn.map((chain) => chain.map((value) => Math.log(Math.abs(value)))),
        x.mean_log_abs,
      ),
      "ln |x|",
    );
  });
});

test("one draw in ten takes steps a quarter as long", () => {
  const draws = 2000;
  const chains = sampleChains(lines(rosenbrock), { sampler: "nuts", chains: 1, warmup: 200, draws, seed: 4 });
  const steps = statistic(chains[0] as (typeof chains)[0], "step_size") as Float64Array;
  const usual = Math.max(...steps);
  const short = [...steps].filter((step) => step !== usual);
  expect(new Set(short)).toEqual(new Set([usual / 4]));
  // Within 4 standard deviations of a binomial count.
  expect(Math.abs(short.length - draws / 10)).toBeLessThan(4 * Math.sqrt(draws * 0.1 * 0.9));
});

test("chains on a lesser peak are told apart", () => {
  // Peaks of width 1 at −9 and 9; the second lower by e^−40.
  const peaks: LogDensity = {
    dim: 1,
    logDensity([x = 0], gradient) {
      const [left, right] = [-((x + 9) ** 2) / 2, -((x - 9) ** 2) / 2 - 40];
      gradient?.set([left > right ? -(x + 9) : 9 - x]);
      return Math.max(left, right);
    },
  };
  const supports = [{ lower: -Infinity, upper: Infinity, scale: 6 }];
  const chains = sampleChains({ density: peaks, supports }, { warmup: 200, draws: 200, chains: 4, seed: 1 });
  const means = coordinate(chains, 1, 0).map(average);
  const lesser = means.flatMap((mean, c) => (mean > 0 ? [c + 1] : []));
  expect(lesser.length).toBeGreaterThan(0);
  const theory = { derived: [], constants: {}, parameters: [] } as unknown as Theory;
  const { messages } = summariseChains({ theory, parameters: [{ name: "x" } as Parameter] }, chains);
  expect(messages).toContainEqual(
    expect.stringMatching(new RegExp(`^Chains? ${lesser.join(" and ")} stays? .* factor of e\\^(3[5-9]|40) and more: on a lesser peak`)),
  );
});

describe("bounds", () => {
  // θ²(1 − θ)³ on [0, 1], e^−θ above 2, e^(θ/2) below −1, a Gaussian around 5 of width 0.01: all of known moments.
  const target: LogDensity = {
    dim: 4,
    logDensity([a = 0, b = 0, c = 0, d = 0], gradient) {
      gradient?.set([2 / a - 3 / (1 - a), -1, 0.5, -(d - 5) / 1e-4]);
      return 2 * Math.log(a) + 3 * Math.log(1 - a) - b + c / 2 - (0.5 * (d - 5) ** 2) / 1e-4;
    },
  };
  const supports = [
    { lower: 0, upper: 1 },
    { lower: 2, upper: Infinity },
    { lower: -Infinity, upper: -1 },
    { lower: -Infinity, upper: Infinity, centre: 5, scale: 0.01 },
  ];

  test("the Jacobian is the transform's, and its gradient that of the density", () => {
    const transform = new Transform(supports);
    const u = Float64Array.of(-0.7, 0.4, 1.1, -0.3);
    const theta = new Float64Array(4);
    const logJacobian = transform.constrain(u, theta);
    const back = new Float64Array(4);
    transform.unconstrain(theta, back);
    back.forEach((value, i) => {
      expect(value).toBeCloseTo(u[i] as number, 12);
    });
    const shifted = (i: number, h: number) => Float64Array.from(u, (value, j) => value + (i === j ? h : 0));
    const unbounded = transform.unbounded(target);
    const gradient = new Float64Array(4);
    unbounded.logDensity(u, gradient);
    let product = 0;
    for (let i = 0; i < 4; i++) {
      const [above, below] = [new Float64Array(4), new Float64Array(4)];
      transform.constrain(shifted(i, 1e-5), above);
      transform.constrain(shifted(i, -1e-5), below);
      product += Math.log(Math.abs((above[i] as number) - (below[i] as number)) / 2e-5);
      const slope = (unbounded.logDensity(shifted(i, 1e-5)) - unbounded.logDensity(shifted(i, -1e-5))) / 2e-5;
      expect(gradient[i]).toBeCloseTo(slope, 7);
    }
    expect(logJacobian).toBeCloseTo(product, 8);
  });

  test("NUTS and nested sampling know where the walls are", () => {
    const chains = sampleChains({ density: target, supports }, { warmup: 500, draws: 1500, seed: 2 });
    const moments: [mean: number, sd: number][] = [
      [3 / 7, Math.sqrt(12 / (49 * 8))],
      [3, 1],
      [-3, 2],
      [5, 0.01],
    ];
    for (const [i, [mean, sd]] of moments.entries()) {
      near(zOfMean(coordinate(chains, 4, i), mean), `mean ${i}`);
      near(zOfSd(coordinate(chains, 4, i), sd), `sd ${i}`);
    }
    const all = pooled(coordinate(chains, 4, 1));
    expect(Math.min(...all)).toBeGreaterThan(2);
  });

  test("where a theory has no value, its probability is zero, and that is counted", () => {
    const half: LogDensity = {
      dim: 2,
      logDensity([x = 0, y = 0], gradient) {
        gradient?.set([-x, -y]);
        return -(x * x + y * y) / 2 + (x > 0 ? 0 : Number.NaN);
      },
    };
    for (const sampler of ["nuts", "hmc", "metropolis", "ensemble"] as const) {
      const chains = sampleChains(lines(half), { sampler, warmup: 300, draws: 600, seed: 4, chains: sampler === "ensemble" ? 1 : 4 });
      near(zOfMean(coordinate(chains, 2, 0), Math.sqrt(2 / Math.PI)), `${sampler}: mean of half a Gaussian`);
      near(zOfSd(coordinate(chains, 2, 1), 1), `${sampler}: sd of the other axis`);
      expect(chains.reduce((sum, { undefinedCalls }) => sum + undefinedCalls, 0)).toBeGreaterThan(0);
      if (sampler === "nuts") expect(statistic(chains[0] as (typeof chains)[0], "diverging")?.some((value) => value > 0)).toBe(false);
    }
  });
});

describe("walls that no slope announces", () => {
  const within = (dim: number, inside: (x: ArrayLike<number>) => boolean): ChainTarget => {
    const half = (x: Float64Array) => -x.reduce((sum, value) => sum + value * value, 0) / 2;
    return { ...lines({ dim, logDensity: (x) => (inside(x) ? half(x) : -Infinity) }), walls: true };
  };
  /** Four normal numbers in the order of their size: moments by quadrature of the order statistics' densities. */
  const ordered = within(
    4,
    (x) => (x[0] as number) <= (x[1] as number) && (x[1] as number) <= (x[2] as number) && (x[2] as number) <= (x[3] as number),
  );
  const [means, sds] = [
    [-1.0293753730039608, -0.29701138232, 0.29701138232, 1.0293753730039608],
    [0.7012234, 0.6003794, 0.6003794, 0.7012234],
  ];

  test.each<[string, ChainOptions & { chains: number }, number]>([
    // By stretches alone the ensemble has 32 effective draws from 10,000 calls.
    ["ensemble", { sampler: "ensemble", warmup: 300, draws: 1000, chains: 1 }, 100],
    ["metropolis", { sampler: "metropolis", warmup: 400, draws: 800, chains: 4 }, 100],
  ])("%s: moments of ordered normal numbers, and what a call is worth", (_, options, worth) => {
    const chains = sampleChains(ordered, { ...options, seed: 1 });
    const calls = chains.reduce((sum, chain) => sum + chain.calls, 0);
    for (let i = 0; i < 4; i++) {
      const own = coordinate(chains, 4, i);
      near(zOfMean(own, means[i] as number), `mean ${i}`);
      near(zOfSd(own, sds[i] as number), `sd ${i}`);
      expect((1e4 * (summarise("", own).essBulk as number)) / calls).toBeGreaterThan(worth);
    }
    for (const { theta } of chains)
      for (let at = 1; at < theta.length; at++) if (at % 4 > 0) expect(theta[at]).toBeGreaterThanOrEqual(theta[at - 1] as number);
  });

  test("every walker starts inside a thousandth of the space, and moments are those of half a normal law in each of ten directions", () => {
    const chains = sampleChains(
      within(10, (x) => Array.from(x).every((value) => value >= 0)),
      { sampler: "ensemble", warmup: 300, draws: 500, seed: 1, chains: 1 },
    );
    for (let i = 0; i < 10; i++) {
      near(zOfMean(coordinate(chains, 10, i), Math.sqrt(2 / Math.PI)), `mean ${i}`);
      near(zOfSd(coordinate(chains, 10, i), Math.sqrt(1 - 2 / Math.PI)), `sd ${i}`);
    }
  });

  test("walls that leave nothing are an error", () => {
    const nothing = within(1, () => false);
    expect(errorOf(() => sampleChains(nothing, { sampler: "ensemble", warmup: 0, draws: 4 })).message).toMatch(
      /none of 100000 starting points/,
    );
  });
});

describe("nested sampling", () => {
  test("eight schools: the evidence by quadrature", () => {
    const { y, sigma, exact } = golden.eight_schools;
    const nested = new NestedSampler(
      {
        dim: 10,
        priorTransform(cube, theta) {
          theta[0] = 5 * normalQuantile(cube[0] as number);
          theta[1] = 5 * Math.tan((Math.PI / 2) * (cube[1] as number));
          for (let i = 2; i < 10; i++) theta[i] = normalQuantile(cube[i] as number);
        },
        logLikelihood(theta) {
          let value = 0;
          for (let i = 0; i < 8; i++) {
            const s = sigma[i] as number;
            value -=
              0.5 * (((y[i] as number) - (theta[0] as number) - (theta[1] as number) * (theta[2 + i] as number)) / s) ** 2 + Math.log(s);
          }
          return value - 4 * Math.log(2 * Math.PI);
        },
      },
      { live: 300, steps: 20, seed: 6 },
    );
    nested.advance(Infinity);
    const { logEvidence, logEvidenceError, information, theta, weights } = nested.result();
    expect(logEvidenceError).toBeLessThan(0.12);
    near((logEvidence - exact.ln_evidence) / logEvidenceError, "ln Z");
    expect(information).toBeGreaterThan(0);
    const mean = weights.reduce((sum, w, i) => sum + w * (theta[i * 10] as number), 0);
    expect(Math.abs(mean - exact.mu.mean)).toBeLessThan((4 * exact.mu.sd) / Math.sqrt(300));
  });

  test("a curved valley in a box whose other half has no likelihood", () => {
    // ∫ exp(rosenbrock) over the box is its normalisation to 1e-9: x within ±9 sd of its mean; y above −10; of these the half y < 1000 is defined.
    const nested = new NestedSampler(
      {
        dim: 2,
        priorTransform([a = 0, b = 0], theta) {
          theta.set([-29 + 60 * a, -10 + 2000 * b]);
        },
        logLikelihood: (theta) => ((theta[1] as number) > 990 ? Number.NaN : rosenbrock.logDensity(theta)),
      },
      { live: 400, seed: 8 },
    );
    nested.advance(Infinity);
    const { logEvidence, logEvidenceError, undefinedCalls, effectiveSize, weights } = nested.result();
    near((logEvidence - golden.rosenbrock_2d.exact.log_normalisation + Math.log(60 * 2000)) / logEvidenceError, "ln Z");
    expect(undefinedCalls).toBeGreaterThan(100);
    const random = new ChainRandom(0, 0);
    random.begin(0);
    const chosen = resample(weights, Math.floor(effectiveSize), random);
    expect(chosen).toHaveLength(Math.floor(effectiveSize));
    expect([...chosen]).toEqual([...chosen].sort((a, b) => a - b));
  });
});

test("normal priors between bounds far out in a tail: quantiles and mass to 12 digits", () => {
  // mpmath with 40 digits: roots of Q(x) = Q(a) − p (Q(a) − Q(b)), and ln (Q(a) − Q(b))
  const prior = { mean: 0, sd: 1 };
  const check = (lower: number, upper: number, exact: readonly number[], mass: number) => {
    const quantiles = [0.1, 0.5, 0.9].map(boundedNormal(prior, lower, upper));
    quantiles.forEach((value, i) => {
      expect(Math.abs(value / (exact[i] as number) - 1)).toBeLessThan(1e-12);
    });
    expect(Math.abs(logNormalMass(prior, lower, upper) / mass - 1)).toBeLessThan(1e-12);
  };
  check(9, 20, [9.011559993479182, 9.075787065491832, 9.24941831044838], -43.628149113332114);
  check(-20, -9, [-9.24941831044838, -9.075787065491832, -9.011559993479182], -43.628149113332114);
  check(-1, 2, [-0.7046478210947452, 0.17116391801782477, 1.2557153641502152], -0.2001662943244626);
  expect(logNormalMass(prior, 50, 60)).toBe(-Infinity);
});

test("Laplace's curvature is taken at the posterior's own width, a millionth of its box", () => {
  // ln p = s − e^s with s = θ − 500,000: curvature 1 at s = 0, and ∫p = 1/e of a Gamma density's, up to the box's Jacobian.
  const { laplaceEvidence } = laplace({
    supports: [{ lower: 0, upper: 1e6 }],
    density: {
      dim: 1,
      logDensity([theta = 0], gradient) {
        const s = theta - 5e5;
        if (gradient !== undefined) gradient[0] = 1 - Math.exp(s);
        return s - Math.exp(s);
      },
    },
  });
  expect(Math.abs(laplaceEvidence - (-1 + 0.5 * Math.log(2 * Math.PI)))).toBeLessThan(1e-5);
});

describe("Gaussian approximations", () => {
  test("are exact for a Gaussian: moments, evidence, full overlap", () => {
    const [curved, bound] = [laplace(lines(gaussian), { seed: 1 }), variational(lines(gaussian), { seed: 1 })];
    expect(Math.abs(curved.laplaceEvidence)).toBeLessThan(1e-6);
    expect(Math.abs(bound.elbo)).toBeLessThan(1e-6);
    for (const found of [curved, bound]) {
      expect(found.converged).toBe(true);
      expect(found.overlap).toBeGreaterThan(0.999);
      expect(Math.abs(found.logEvidence)).toBeLessThan(1e-4);
      const chains = [{ draws: 4000, rows: 1, theta: found.theta }] as unknown as Parameters<typeof coordinate>[0];
      for (let i = 0; i < 10; i++) near(zOfMean(coordinate(chains, 10, i), golden.gaussian_10d.mean[i] as number), `mean ${i}`);
    }
  });

  test("mean-field variances are the reciprocal precisions, as theory says", () => {
    const { theta, overlap } = variational(lines(gaussian), { family: "mean-field", draws: 20000 });
    const chains = [{ draws: 20000, rows: 1, theta }] as unknown as Parameters<typeof coordinate>[0];
    for (let i = 0; i < 10; i++)
      near(zOfSd(coordinate(chains, 10, i), (golden.gaussian_10d.precision[i]?.[i] as number) ** -0.5), `sd ${i}`);
    expect(overlap).toBeLessThan(0.3);
  });

  test("importance weights tell a good approximation from a bad one", () => {
    expect(laplace(lines(rosenbrock)).overlap).toBeLessThan(0.05);
    const schools = variational(lines(eightSchools), { draws: 20000 });
    expect(Math.abs(schools.logEvidence - golden.eight_schools.exact.ln_evidence)).toBeLessThan(4 * schools.logEvidenceError + 0.05);
  });

  test("a flow bends a Gaussian along a valley", () => {
    // x ~ N(0, 1), y | x ~ N(x², ¼): normalised, so the evidence is 1.
    const valley: LogDensity = {
      dim: 2,
      logDensity([x = 0, y = 0], gradient) {
        const u = y - x * x;
        gradient?.set([-x + 8 * x * u, -4 * u]);
        return -(x * x) / 2 - 2 * u * u - Math.log(2 * Math.PI) + Math.log(2);
      },
    };
    const straight = variational(lines(valley));
    const bent = variational(lines(valley), { family: "flow" });
    expect(bent.elbo).toBeGreaterThan(straight.elbo + 0.2);
    // The bound lies below ln Z = 0 but for its draws' noise. The importance estimate lies between: a tail that a flow misses lowers it.
    expect(bent.elbo).toBeLessThan(0.02);
    expect(bent.overlap).toBeGreaterThan(0.8);
    expect(bent.logEvidence).toBeGreaterThan(bent.elbo);
    expect(bent.logEvidence).toBeLessThan(4 * bent.logEvidenceError);
  });
});
