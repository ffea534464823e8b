/** Data that the fitted theory would produce, beside those that were measured: posterior predictive p-values. */
import type { Observed } from "../likelihood-graph.js";
import type { Vector } from "../minimise/dense.js";
import { random } from "../random.js";
import { describeSet } from "../set-fit.js";
import { scattered } from "../simulate.js";
import { asProbability, type Finding, outcomeOf } from "./finding.js";
import type { ModelDraws } from "./pointwise.js";

/** Share of replicas that are as extreme as the data, (1 + how many)/(1 + replicas): never 0, and valid as a p-value of exchangeable replicas. */
export interface ReplicaTest {
  readonly statistic: "chi2" | "largest" | "smallest";
  /** P(replicated ≥ measured). */
  readonly pAbove: number;
  readonly pBelow: number;
  /** Of the data, mean over draws. */
  readonly measured: number;
  /** Of replicas, mean. */
  readonly replicated: number;
}

export interface PredictiveCheck {
  readonly replicas: number;
  readonly tests: readonly ReplicaTest[];
}

const STATISTICS = ["chi2", "largest", "smallest"] as const;

/**
 * For each draw θ: new data from the theory at θ, then of data and replica alike their distance from it (χ², or the likelihood's own), the largest and the
 * smallest pull. A. Gelman, X.-L. Meng, H. Stern, Statistica Sinica 6 (1996) 733, eq. 8: discrepancies that know θ.
 * @param replicas as many as draws unless told; draws are used in turn
 */
export function checkReplicas({ observed, models: draws }: ModelDraws, { replicas = draws.length, seed = 0 } = {}): PredictiveCheck {
  const source = random(seed);
  const sums = STATISTICS.map(() => ({ above: 0, below: 0, measured: 0, replicated: 0 }));
  for (let r = 0; r < replicas; r++) {
    const models = draws[r % draws.length] as readonly Vector[];
    const replica = observed.map((one, set) => {
      const model = models[set] as Vector;
      const factor = one.set.marginaliseScale ? (describeSet(one, model, () => null).scale?.value ?? 1) : 1;
      const y = scattered(
        one,
        model.map((value) => value * factor),
        source,
      );
      return { ...one, observations: { ...one.observations, y } };
    });
    const [own, drawn] = [discrepancies(observed, models), discrepancies(replica, models)];
    sums.forEach((sum, i) => {
      const [a, b] = [own[i] as number, drawn[i] as number];
      if (b >= a) sum.above++;
      if (b <= a) sum.below++;
      sum.measured += a / replicas;
      sum.replicated += b / replicas;
    });
  }
  const share = (count: number): number => (1 + count) / (1 + replicas);
  return {
    replicas,
    tests: sums.map(({ above, below, measured, replicated }, i) => ({
      statistic: STATISTICS[i] as (typeof STATISTICS)[number],
      pAbove: share(above),
      pBelow: share(below),
      measured,
      replicated,
    })),
  };
}

function discrepancies(observed: readonly Observed[], models: readonly Vector[]): [number, number, number] {
  let [chi2, largest, smallest] = [0, -Infinity, Infinity];
  observed.forEach((one, set) => {
    const described = describeSet(one, models[set] as Vector, () => null);
    chi2 += described.chi2;
    for (const pull of described.points.pulls) {
      largest = Math.max(largest, pull);
      smallest = Math.min(smallest, pull);
    }
  });
  return [chi2, largest, smallest];
}

const NAMES = { chi2: "distance (χ²)", largest: "highest datum", smallest: "lowest datum" } as const;

export function replicaFindings({ replicas, tests }: PredictiveCheck): Finding[] {
  return tests.map(({ statistic, pAbove, pBelow, measured, replicated }) => {
    // The extremes are asked whether they are too far out; that the data are too calm is χ²'s to say, and speaks against the errors alone.
    const p = statistic === "smallest" ? pBelow : pAbove;
    const calm = statistic === "chi2" && 2 * pBelow < 0.05 && pBelow < pAbove;
    const outcome = calm ? "doubtful" : outcomeOf(p);
    const how = calm
      ? "the data scatter less than replicas"
      : outcome === "passed"
        ? "the data look like replicas"
        : "replicas rarely look like the data";
    const verdict = `In ${replicas} replicas of the data ${NAMES[statistic]} is ${replicated.toFixed(2)} on average, ${measured.toFixed(2)} in the data; as extreme with p = ${asProbability(p)}: ${how}.`;
    const title = `Replicated data: ${NAMES[statistic]}`;
    return { check: `replicas-${statistic}`, title, outcome, verdict, numbers: { pAbove, pBelow, measured, replicated, replicas } };
  });
}
