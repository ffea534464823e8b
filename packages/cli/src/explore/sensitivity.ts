/** `tetrad explore --method sensitivity`. */
import { createBatch, exploredBox, sobolIndices } from "@tetrad/theory";
import { aligned } from "../numbers.js";
import { duration } from "../progress.js";
import { labelsOf } from "../report/labels.js";
import { sensitivitySections } from "../report/sensitivity-sections.js";
import type { Exploration, Explored } from "./explored.js";

export async function exploreSensitivity({ engine, theory, data, options }: Exploration): Promise<Explored> {
  const batch = await createBatch(engine, theory, data);
  try {
    const box = exploredBox(theory, options.range);
    const names = batch.parameters.map(({ name }) => name);
    const begin = performance.now();
    const base = options.points ?? 1024;
    const quantityNames = ["log_likelihood", ...theory.derived.map(({ name }) => name)];
    const found = sobolIndices(
      (theta) => {
        const { logLikelihood, derived } = batch.evaluate(theta);
        return [logLikelihood, ...derived];
      },
      box,
      { base, seed: options.seed, names: quantityNames },
    );
    const seconds = (performance.now() - begin) / 1000;
    const quantities = quantityNames.map((name, q) => ({
      name,
      ...(found[q] as (typeof found)[number]),
    }));
    return {
      lines: [
        ...quantities.flatMap(({ name, first, total }) => [
          `  ${name}`,
          ...aligned([
            ["", "first order", "total"],
            ...names.map((parameter, i) => [
              parameter,
              ...[first[i], total[i]].map((index) => `${index?.value.toFixed(3)} (${index?.low.toFixed(3)} to ${index?.high.toFixed(3)})`),
            ]),
          ]).map((line) => `    ${line}`),
        ]),
        `  ${base} base points, ${base * (names.length + 2)} evaluations in ${duration(seconds)}; 95 % intervals by bootstrap`,
      ],
      facts: { parameters: names, base, evaluations: base * (names.length + 2), seconds, quantities },
      sections: sensitivitySections(names, quantities, labelsOf(theory)),
      columns: quantities.flatMap(({ name, first, total }) => [
        { name: `${name}_first`, values: first.map(({ value }) => value) },
        { name: `${name}_total`, values: total.map(({ value }) => value) },
      ]),
    };
  } finally {
    batch.close();
  }
}
