/** A sampled posterior as text for a terminal. */
import type { Sampled } from "./actions/sample.js";
import type { Style } from "./fit-text.js";
import { aligned, measured, short } from "./numbers.js";
import { duration } from "./progress.js";

export function sampleText(sampled: Sampled, out: string, { bold, dim }: Style): string {
  const { theory, plan, summaries, verdict, messages, evidence, calls, undefinedCalls, divergences, seconds } = sampled;
  const figure = (value: number | null, digits = 0): string => (value === null ? "–" : value.toFixed(digits));
  const rows = summaries.map(({ name, mean, sd, quantiles, mcseMean, rhat, essBulk, essTail }) => [
    name,
    measured(mean, sd),
    short(quantiles[2] as number),
    `${short(quantiles[1] as number)} … ${short(quantiles[3] as number)}`,
    `${short(quantiles[0] as number)} … ${short(quantiles[4] as number)}`,
    mcseMean === null ? "–" : mcseMean.toPrecision(2),
    figure(rhat, 4),
    figure(essBulk),
    figure(essTail),
  ]);
  const header = ["parameter", "mean ± sd", "median", "68 %", "95 %", "MCSE", "r̂", "ESS bulk", "ESS tail"];
  const counts = [
    `${calls} calls`,
    ...(undefinedCalls > 0 ? [`${undefinedCalls} of them without a value`] : []),
    ...(divergences === null ? [] : [`${divergences} divergences`]),
    duration(seconds),
  ];
  return [
    `${bold(theory.title)}  ${dim(`${plan.sampler}, seed ${plan.options.seed ?? 0}`)}`,
    ...aligned([header, ...rows]).map((line) => `  ${line}`),
    ...(evidence === null ? [] : [`  ln Z = ${evidence.logEvidence.toFixed(3)} ± ${evidence.error.toFixed(3)}`]),
    dim(`  ${counts.join(", ")}`),
    ...messages.map((message) => `  ${message}`),
    ...(verdict.converged ? [] : [bold("  NOT CONVERGED: do not use these numbers."), ...verdict.reasons.map((reason) => `    ${reason}`)]),
    `  written to ${out}`,
  ].join("\n");
}
