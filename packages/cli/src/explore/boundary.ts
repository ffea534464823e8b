/** `tetrad explore --method boundary --condition …`. */
import { chi2At, createLikelihood, exploredBox, findBoundary, freeParameters, parseCondition } from "@tetrad/theory";
import { CalledWrongly } from "../called-wrongly.js";
import { aligned, percent, short } from "../numbers.js";
import { boundarySections } from "../report/boundary-sections.js";
import { labelsOf } from "../report/labels.js";
import type { Exploration, Explored } from "./explored.js";

/** Crossings that a terminal shows. */
const SHOWN = 8;

export async function exploreBoundary({ engine, theory, data, options, progress, signal }: Exploration): Promise<Explored> {
  if (options.condition === undefined)
    throw new CalledWrongly({
      op: "--method boundary",
      what: "there is no condition whose boundary could be found",
      hint: 'give one: --condition "age > 13"',
    });
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const condition = parseCondition(theory, options.condition, (theta) => chi2At(likelihood, theta));
    const box = exploredBox(theory, options.range);
    const names = freeParameters(theory).map(({ name }) => name);
    const k = names.length;
    const constrained = likelihood.constraints.length > 0;
    const inside = constrained ? (theta: ArrayLike<number>) => likelihood.satisfies(theta) : undefined;
    const result = await findBoundary(condition.margin, box, {
      ...(inside !== undefined && { inside }),
      ...(options.evaluations !== undefined && { evaluations: options.evaluations }),
      seed: options.seed,
      signal,
      onProgress: (done, total) => progress.update(done / total, `${done} of ${total} evaluations`),
    });
    const { crossings, allowed, share, shareError, uncertain, asked, evaluations, undefinedPoints } = result;
    const rows = Array.from({ length: crossings.length / k }, (_, row) => Array.from(crossings.subarray(row * k, (row + 1) * k)));
    const everywhere = asked.margins.every((margin) => margin > 0);
    const nowhere = !asked.margins.some((margin) => margin > 0);
    const verdict = everywhere
      ? "holds at every point that was asked"
      : nowhere
        ? "holds at no point that was asked"
        : `holds in ${percent(share)} of ${constrained ? "what the constraints leave" : "the ranges"}${k === 1 ? "" : ` (± ${percent(shareError)}; open in ${percent(uncertain)})`}`;
    return {
      lines: [
        `  ${condition.text} ${verdict}`,
        ...(rows.length === 0
          ? []
          : ["  it changes at", ...aligned([names, ...rows.slice(0, SHOWN).map((row) => row.map(short))], 0).map((line) => `    ${line}`)]),
        ...(rows.length > SHOWN ? [`    and ${rows.length - SHOWN} more points of the boundary`] : []),
        ...(undefinedPoints > 0 ? [`  ${undefinedPoints} points where it is undefined count as not holding`] : []),
        ...(constrained ? [`  the constraints leave ${percent(allowed)} of the ranges; nothing was asked elsewhere`] : []),
        `  ${evaluations} evaluations`,
      ],
      facts: {
        condition: condition.text,
        parameters: names,
        allowed,
        share,
        shareError,
        uncertain,
        crossings: rows,
        evaluations,
        undefinedPoints,
      },
      sections: boundarySections(condition.text, names, box, result, verdict, labelsOf(theory), inside),
      columns: [
        ...names.map((name, i) => ({ name, values: Float64Array.from(asked.margins, (_, row) => asked.theta[row * k + i] as number) })),
        { name: "margin", values: asked.margins },
      ],
    };
  } finally {
    likelihood.close();
  }
}
