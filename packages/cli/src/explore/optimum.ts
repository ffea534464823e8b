/** `tetrad explore --method optimise`: the most probable point by few questions, without slopes. */
import { bayesianOptimum, createLikelihood, exploredBox } from "@tetrad/theory";
import { aligned, short } from "../numbers.js";
import { labelsOf } from "../report/labels.js";
import { optimumSections } from "../report/optimum-sections.js";
import type { Exploration, Explored } from "./explored.js";

export async function exploreOptimum({ engine, theory, data, options, progress, signal }: Exploration): Promise<Explored> {
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const box = exploredBox(theory, options.range);
    const names = likelihood.parameters.map(({ name }) => name);
    const k = names.length;
    const { theta, value, asked, undefinedPoints } = await bayesianOptimum(
      (at) => (likelihood.satisfies(at) ? likelihood.valueAndGradient(at).value : Number.NaN),
      box,
      {
        ...(options.evaluations !== undefined && { evaluations: options.evaluations }),
        seed: options.seed,
        signal,
        onProgress: (done, total, best) => progress.update(done / total, `${done} of ${total} evaluations, −ln p = ${best.toFixed(3)}`),
      },
    );
    const total = asked.values.length;
    const last = asked.expected.at(-1) as number;
    return {
      lines: [
        ...aligned([...names.map((name, i) => [name, short(theta[i] as number)]), ["−ln p", short(value)]]).map((line) => `  ${line}`),
        ...(undefinedPoints > 0
          ? [
              `  ${undefinedPoints} points lie where the theory gives no finite likelihood${likelihood.constraints.length > 0 ? " or breaks a constraint" : ""}`,
            ]
          : []),
        `  ${total} evaluations; the last one promised ${last.toExponential(1)} in ln(1 + the rise of −ln p)`,
      ],
      facts: {
        parameters: Object.fromEntries(names.map((name, i) => [name, theta[i]])),
        minusLogPosterior: value,
        evaluations: total,
        undefinedPoints,
        lastExpectedImprovement: last,
      },
      sections: optimumSections(names, theta, value, asked, labelsOf(theory)),
      columns: [
        ...names.map((name, i) => ({ name, values: Float64Array.from(asked.values, (_, row) => asked.theta[row * k + i] as number) })),
        { name: "minus_log_posterior", values: asked.values },
        { name: "expected_improvement", values: asked.expected },
      ],
    };
  } finally {
    likelihood.close();
  }
}
