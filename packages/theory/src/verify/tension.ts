/** Do data sets agree on the parameters that they share? What the joint fit loses against a fit of each set alone. */
import { namesIn } from "../expression/tree.js";
import { type FitResult, fitLikelihood } from "../fit.js";
import { createLikelihood, type FunctionEngine } from "../likelihood.js";
import type { Observed } from "../likelihood-graph.js";
import { columnsOf } from "../observations.js";
import { chiSquareSurvival } from "../special.js";
import type { Theory } from "../theory.js";
import { asProbability, type Finding, outcomeOf, skipped } from "./finding.js";
import { identifiability, informationAt } from "./identifiability.js";

export interface Tension {
  /** −2 ln of the best joint likelihood over the product of each set's own best. */
  readonly statistic: number;
  /** Numbers that sets determine twice. */
  readonly degrees: number;
  readonly pValue: number;
  /** The parameter that two sets tell most differently, in standard deviations of the difference; null where no two have uncertainties. */
  readonly furthest: { readonly name: string; readonly sets: readonly [string, string]; readonly shift: number } | null;
}

/**
 * Parameter goodness of fit: M. Maltoni, T. Schwetz, Phys. Rev. D 68 (2003) 033020, eq. 8 to 10. Priors are left out, for they are no data and would count in
 * every set; parameters that a set does not determine do not count for it.
 * @returns undefined where sets share nothing that both determine
 */
export async function tension(
  engine: FunctionEngine,
  theory: Theory,
  observed: readonly Observed[],
  start: Readonly<Record<string, number>>,
): Promise<Tension | undefined> {
  const joint = await alone(engine, theory, observed, start);
  const each: { readonly fit: FitResult; readonly rank: number }[] = [];
  for (const one of observed) each.push(await alone(engine, theory, [one], start));
  const degrees = each.reduce((sum, { rank }) => sum + rank, 0) - joint.rank;
  if (degrees <= 0) return undefined;
  const statistic = Math.max(0, 2 * (joint.fit.minusLogLikelihood - each.reduce((sum, { fit }) => sum + fit.minusLogLikelihood, 0)));
  let furthest: Tension["furthest"] = null;
  each.forEach((first, i) => {
    for (const [j, second] of each.entries()) {
      if (j <= i) continue;
      for (const { name, value, uncertainty, fixed } of first.fit.parameters) {
        const other = second.fit.parameters.find((one) => one.name === name && !one.fixed);
        if (fixed || other === undefined || uncertainty === null || other.uncertainty === null) continue;
        const shift = (value - other.value) / Math.hypot(uncertainty, other.uncertainty);
        if (furthest === null || Math.abs(shift) > Math.abs(furthest.shift))
          furthest = { name, sets: [(observed[i] as Observed).set.name, (observed[j] as Observed).set.name], shift };
      }
    }
  });
  return { statistic, degrees, pValue: chiSquareSurvival(statistic, degrees), furthest };
}

/** Best fit of some of the sets with flat priors, and how many parameters they determine. */
async function alone(
  engine: FunctionEngine,
  theory: Theory,
  observed: readonly Observed[],
  start: Readonly<Record<string, number>>,
): Promise<{ fit: FitResult; rank: number }> {
  const sets = observed.map(({ set }) => set);
  const used = new Set(sets.flatMap(({ model }) => [...namesIn(model)]));
  const parameters = theory.parameters.map((parameter) => ({
    ...parameter,
    prior: { kind: "flat" as const },
    fixed: parameter.fixed || !used.has(parameter.name),
  }));
  const free = parameters.filter(({ fixed }) => !fixed);
  const reduced: Theory = { ...theory, ...(sets[0] as Theory["sets"][number]), name: theory.name, sets, parameters, derived: [] };
  const likelihood = await createLikelihood(
    engine,
    reduced,
    Object.fromEntries(observed.map((one) => [one.set.name, columnsOf(one.set, one.observations)])),
  );
  try {
    const fit = fitLikelihood(likelihood, { start: Object.fromEntries(free.map(({ name, start: own }) => [name, start[name] ?? own])) });
    const theta = Float64Array.from(free, ({ name }) => fit.parameters.find((one) => one.name === name)?.value as number);
    const { unseen, degenerate } = identifiability(informationAt(likelihood, theta), free);
    return { fit, rank: free.length - unseen.length - degenerate.length };
  } finally {
    likelihood.close();
  }
}

export function tensionFinding(found: Tension | undefined): Finding {
  const [check, title] = ["tension", "Do the data sets agree?"];
  if (found === undefined) return skipped(check, title, "The data sets share no parameter that both determine.");
  const { statistic, degrees, pValue, furthest } = found;
  const outcome = outcomeOf(pValue);
  const where =
    furthest === null
      ? ""
      : `; they differ most in ${furthest.name}, by ${Math.abs(furthest.shift).toFixed(1)} standard deviations between ${furthest.sets[0]} and ${furthest.sets[1]}`;
  const verdict = `One theory for all costs Δχ² = ${statistic.toFixed(2)} over a fit of each alone, with ${degrees} parameters told twice (p = ${asProbability(pValue)}): ${outcome === "passed" ? "they agree" : "they pull apart"}${where}.`;
  return { check, title, outcome, verdict, numbers: { statistic, degrees, pValue, shift: furthest?.shift ?? null } };
}
