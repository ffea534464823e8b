// Densities with known moments, from tests/goldens/science/samplers.json (its generator beside it): each is checked against the golden's own values before it is sampled.
import { readFileSync } from "node:fs";
import type { ChainDraws, ChainTarget, LogDensity } from "@tetrad/theory";
import { coordinate } from "../../packages/theory/src/sample/sample.js";

interface GoldenPoint {
  readonly x: readonly number[];
  readonly log_density: number;
  readonly gradient: readonly number[];
}

interface ChainGolden {
  readonly chains: readonly (readonly number[])[];
  readonly arviz: {
    readonly r_hat: Readonly<Record<"rank" | "split" | "identity", number>>;
    readonly ess_bulk: number;
    readonly ess_tail: number;
    readonly ess_mean: number;
    readonly ess_quantile: Readonly<Record<string, number>>;
    readonly ess_identity: number;
    readonly mcse_mean: number;
    readonly mcse_sd: number;
  };
}

export const golden = JSON.parse(readFileSync(new URL("../goldens/science/samplers.json", import.meta.url), "utf8")) as {
  gaussian_10d: {
    mean: number[];
    covariance: number[][];
    precision: number[][];
    sd: number[];
    log_normalisation: number;
    points: GoldenPoint[];
  };
  funnel_10d: {
    v: { quantiles: Record<string, number> };
    x: { probability_abs_below: Record<string, number>; mean_log_abs: number };
    points: GoldenPoint[];
  };
  rosenbrock_2d: {
    exact: { mean: number[]; variance: number[]; log_normalisation: number };
    quantiles_y: Record<string, number>;
    quantiles_x: Record<string, number>;
    points: GoldenPoint[];
  };
  eight_schools: {
    y: number[];
    sigma: number[];
    exact: {
      ln_evidence: number;
      mu: { mean: number; sd: number };
      tau: { mean: number; sd: number };
      ln_tau: { mean: number; sd: number };
      theta: { mean: number[]; sd: number[] };
    };
  };
  diagnostics: Record<"mixed_ar1" | "one_chain_shifted" | "heavy_tails_odd_length", ChainGolden>;
};

/** Unbounded coordinates. */
export function lines(density: LogDensity): ChainTarget {
  return { density, supports: Array.from({ length: density.dim }, () => ({ lower: -Infinity, upper: Infinity })) };
}

const { mean, precision, log_normalisation } = golden.gaussian_10d;

export const gaussian: LogDensity = {
  dim: 10,
  logDensity(x, gradient) {
    let square = 0;
    for (let i = 0; i < 10; i++) {
      let sum = 0;
      for (let j = 0; j < 10; j++) sum += (precision[i]?.[j] as number) * ((x[j] as number) - (mean[j] as number));
      square += sum * ((x[i] as number) - (mean[i] as number));
      if (gradient !== undefined) gradient[i] = -sum;
    }
    return log_normalisation - square / 2;
  },
};

export const funnel: LogDensity = {
  dim: 10,
  logDensity(y, gradient) {
    const v = y[0] as number;
    const shrink = Math.exp(-v);
    let square = 0;
    for (let i = 1; i < 10; i++) square += (y[i] as number) ** 2;
    if (gradient !== undefined) {
      gradient[0] = -v / 9 - 4.5 + 0.5 * square * shrink;
      for (let i = 1; i < 10; i++) gradient[i] = -(y[i] as number) * shrink;
    }
    return -0.5 * (v / 3) ** 2 - Math.log(3) - 5 * Math.log(2 * Math.PI) - 4.5 * v - 0.5 * square * shrink;
  },
};

export const rosenbrock: LogDensity = {
  dim: 2,
  logDensity(p, gradient) {
    const [x, y] = p as unknown as [number, number];
    const u = y - x * x;
    if (gradient !== undefined) {
      gradient[0] = (1 - x + 200 * x * u) / 10;
      gradient[1] = -10 * u;
    }
    return -((1 - x) ** 2 + 100 * u * u) / 20;
  },
};

const { y: Y, sigma: S } = golden.eight_schools;

/** Non-centred: μ, ln τ, z₁ … z₈ with θᵢ = μ + τ zᵢ; normalised, so that its integral is the evidence. */
export const eightSchools: LogDensity = {
  dim: 10,
  logDensity(p, gradient) {
    const [mu, logTau] = p as unknown as [number, number];
    const tau = Math.exp(logTau);
    const cauchy = 1 + (tau / 5) ** 2;
    let value = -0.5 * (mu / 5) ** 2 - Math.log(5) - 0.5 * Math.log(2 * Math.PI) + Math.log(2 / (5 * Math.PI)) - Math.log(cauchy) + logTau;
    let [dMu, dLogTau] = [-mu / 25, 1 - (2 * (tau / 5) ** 2) / cauchy];
    for (let i = 0; i < 8; i++) {
      const [z, y, s] = [p[2 + i] as number, Y[i] as number, S[i] as number];
      const pull = (y - mu - tau * z) / s;
      value -= 0.5 * (z * z + pull * pull) + Math.log(2 * Math.PI * s);
      dMu += pull / s;
      dLogTau += (pull * tau * z) / s;
      if (gradient !== undefined) gradient[2 + i] = -z + (pull * tau) / s;
    }
    if (gradient !== undefined) [gradient[0], gradient[1]] = [dMu, dLogTau];
    return value;
  },
};

/** Draws of a function of the coordinates as chains. */
export function transformed(chains: readonly ChainDraws[], k: number, f: (theta: Float64Array) => number): Float64Array[] {
  const columns = Array.from({ length: k }, (_, i) => coordinate(chains, k, i));
  const theta = new Float64Array(k);
  return (columns[0] as Float64Array[]).map((first, c) =>
    first.map((_, d) => {
      for (let i = 0; i < k; i++) theta[i] = columns[i]?.[c]?.[d] as number;
      return f(theta);
    }),
  );
}
