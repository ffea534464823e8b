/** `tetrad explore --method region`: confidence by simulated experiments. */
import { createLikelihood, fitLikelihood, type RegionResult, simulatedRegion } from "@tetrad/theory";
import { aligned, short } from "../numbers.js";
import { labelsOf } from "../report/labels.js";
import { regionSections } from "../report/region-sections.js";
import type { Exploration, Explored } from "./explored.js";

const DEFAULT_VALUES = 21;

export async function exploreRegion({ engine, theory, data, options, progress, signal }: Exploration): Promise<Explored> {
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const fit = fitLikelihood(likelihood, { starts: options.starts, seed: options.seed });
    const names = options.of ?? likelihood.parameters.map(({ name }) => name);
    const regions: RegionResult[] = [];
    for (const name of names) {
      const span = options.range[name];
      const count = options.points ?? DEFAULT_VALUES;
      regions.push(
        await simulatedRegion(likelihood, fit, {
          name,
          level: options.level,
          seed: options.seed,
          signal,
          points: count,
          ...(options.toys !== undefined && { toys: options.toys }),
          ...(span !== undefined && { values: Array.from({ length: count }, (_, i) => span[0] + ((span[1] - span[0]) * i) / (count - 1)) }),
          onProgress: (done, total) =>
            progress.update((regions.length + done / total) / names.length, `${name}: ${done} of ${total} values`),
        }),
      );
    }
    return {
      lines: [
        ...aligned([
          ["", "best", `${Number((100 * options.level).toFixed(2))} %`],
          ...regions.map((one) => [one.name, short(one.best), intervalsText(one)]),
        ]).map((line) => `  ${line}`),
        ...fit.messages.map((message) => `  ${message}`),
        `  ${regions[0]?.toys} simulated experiments at each of ${regions[0]?.tested.length} values`,
      ],
      facts: { level: options.level, regions, messages: fit.messages },
      sections: regionSections(regions, fit.messages, labelsOf(theory)),
      columns: [
        { name: "parameter", values: regions.flatMap(({ tested }, i) => tested.map(() => i)) },
        ...(["value", "rise", "critical", "criticalError", "pValue"] as const).map((name) => ({
          name,
          values: regions.flatMap(({ tested }) => tested.map((one) => one[name])),
        })),
      ],
    };
  } finally {
    likelihood.close();
  }
}

function intervalsText({ intervals, tested }: RegionResult): string {
  const [first, last] = [tested[0]?.value as number, tested.at(-1)?.value as number];
  if (intervals.length === 0) return "none of the tested values";
  return intervals
    .map(
      ({ low, high }) =>
        `${low === null ? `${short(first)} or less` : short(low)} to ${high === null ? `${short(last)} or more` : short(high)}`,
    )
    .join(", ");
}
