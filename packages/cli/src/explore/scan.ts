/** `tetrad explore --method grid|lhs|sobol`. */
import { createBatch, type ScanDesign, scan, setLikelihoods } from "@tetrad/theory";
import { aligned, short } from "../numbers.js";
import { duration } from "../progress.js";
import { labelsOf } from "../report/labels.js";
import { paretoSections } from "../report/pareto-section.js";
import { scanSections } from "../report/scan-sections.js";
import type { Exploration, Explored } from "./explored.js";

const DEFAULT_POINTS = 10_000;

export async function exploreScan({ engine, theory, data, options, progress, signal }: Exploration): Promise<Explored> {
  const batch = await createBatch(engine, theory, data);
  try {
    const result = await scan(batch, {
      design: options.method as ScanDesign,
      points: options.points ?? DEFAULT_POINTS,
      seed: options.seed,
      ranges: options.range,
      signal,
      onProgress: (done, total) => progress.update(done / total, `${done} of ${total} points`),
    });
    const { names, theta, logLikelihood, derived, best, undefinedPoints, seconds, box, perAxis } = result;
    // Of a single set it is the likelihood itself.
    const sets = theory.sets.length > 1 ? await setLikelihoods(engine, theory, data, theta) : [];
    const k = names.length;
    const m = logLikelihood.length;
    const columns = [
      ...names.map((name, i) => ({ name, values: Float64Array.from({ length: m }, (_, row) => theta[row * k + i] as number) })),
      { name: "log_likelihood", values: logLikelihood },
      ...sets.map(({ name, logLikelihood: values }) => ({ name: `log_likelihood_${name}`, values })),
      ...derived,
    ];
    const at = Object.fromEntries(columns.map(({ name, values }) => [name, values[best] as number]));
    return {
      lines: [
        `  best of ${m} points:`,
        ...aligned(columns.map(({ name, values }) => [name, short(values[best] as number)])).map((line) => `    ${line}`),
        ...(undefinedPoints > 0 ? [`  ${undefinedPoints} points lie where the theory gives no finite likelihood`] : []),
        `  ${batch.n} data, ${duration(seconds)}, ${short((seconds / m) * 1e6)} µs a point`,
      ],
      facts: {
        points: m,
        perAxis,
        ranges: Object.fromEntries(names.map((name, i) => [name, [box.lower[i], box.upper[i]]])),
        best: at,
        undefinedPoints,
        seconds,
      },
      sections: [...scanSections(result, labelsOf(theory)), ...paretoSections(sets, best)],
      columns,
    };
  } finally {
    batch.close();
  }
}
