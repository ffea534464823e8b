/** `tetrad explore --method design`: which measurement next. */
import { didYouMean } from "@tetrad/engine";
import { createLikelihood, type DataSet, type Design, designNext, fitLikelihood, type Likelihood } from "@tetrad/theory";
import { CalledWrongly } from "../called-wrongly.js";
import { aligned, percent, short } from "../numbers.js";
import { designSections } from "../report/design-sections.js";
import { labelsOf } from "../report/labels.js";
import type { Exploration, Explored } from "./explored.js";

const DEFAULT_CANDIDATES = 200;

export async function exploreDesign({ engine, theory, data, options }: Exploration): Promise<Explored> {
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const index = Math.max(
      0,
      theory.sets.findIndex(({ name }) => name === options.set),
    ); // a stranger is refused by designNext
    const candidates = candidatesOf(likelihood, index, options.x, options.points ?? DEFAULT_CANDIDATES);
    const fit = fitLikelihood(likelihood, { starts: options.starts, seed: options.seed });
    const design = await designNext(engine, likelihood, fit, {
      candidates,
      ...(options.set !== undefined && { set: options.set }),
      ...(options.error !== undefined && { error: options.error }),
    });
    const shown = chosen(design.names, options.of);
    const best = bestOf(design, shown);
    return {
      lines: [
        ...aligned([
          ["", "best at", "error of the datum", "error now", "with it", "less by"],
          ...best.map(({ goal, candidate, i }) => [
            goal,
            place(candidate.x),
            short(candidate.error),
            ...(i === undefined
              ? ["", "", `${candidate.information.toFixed(3)} nats`]
              : [
                  Number((design.before[i] as number).toPrecision(4)).toString(),
                  Number((candidate.after[i] as number).toPrecision(4)).toString(),
                  percent(1 - (candidate.after[i] as number) / (design.before[i] as number)),
                ]),
          ]),
        ]).map((line) => `  ${line}`),
        ...fit.messages.map((message) => `  ${message}`),
      ],
      facts: {
        parameters: design.names,
        before: design.before,
        best: best.map(({ goal, candidate }) => ({ goal, ...candidate })),
        messages: fit.messages,
      },
      sections: designSections(design, shown, best, (theory.sets[index] as DataSet).data, labelsOf(theory)),
      columns: [
        ...Object.entries(candidates).map(([name, values]) => ({ name, values })),
        { name: "error", values: design.candidates.map(({ error }) => error) },
        ...design.names.map((name, i) => ({ name: `sd_${name}`, values: design.candidates.map(({ after }) => after[i] as number) })),
        { name: "information", values: design.candidates.map(({ information }) => information) },
      ],
    };
  } finally {
    likelihood.close();
  }
}

function place(x: Readonly<Record<string, number>>): string {
  return Object.entries(x)
    .map(([name, value]) => `${name} = ${short(value)}`)
    .join(", ");
}

function chosen(names: readonly string[], of: readonly string[] | undefined): number[] {
  if (of === undefined) return [...names.keys()];
  return of.map((name) => {
    const i = names.indexOf(name);
    if (i >= 0) return i;
    throw new CalledWrongly({
      op: "--of",
      what: `${name} has no error that could shrink`,
      expected: names.join(", "),
      hint: didYouMean(name, names),
    });
  });
}

export interface BestCandidate {
  readonly goal: string;
  /** Index of the parameter; undefined where all together are meant. */
  readonly i: number | undefined;
  readonly candidate: Design["candidates"][number];
}

function bestOf({ names, candidates }: Design, shown: readonly number[]): BestCandidate[] {
  const pick = (score: (one: Design["candidates"][number]) => number) => candidates.reduce((a, b) => (score(b) > score(a) ? b : a));
  return [
    ...shown.map((i) => ({ goal: names[i] as string, i, candidate: pick(({ after }) => -(after[i] as number)) })),
    { goal: "all together", i: undefined, candidate: pick(({ information }) => information) },
  ];
}

/** A grid along the only column; for several, the data's own places unless each has a span. */
function candidatesOf(
  likelihood: Likelihood,
  index: number,
  spans: Readonly<Record<string, [number, number]>>,
  points: number,
): Record<string, Float64Array> {
  const { set, observations } = likelihood.observed[index] as { set: DataSet; observations: Likelihood["observations"] };
  const columns = set.data.x;
  const stranger = Object.keys(spans).find((name) => !columns.includes(name));
  if (stranger !== undefined)
    throw new CalledWrongly({
      op: "--x",
      what: `${stranger} is no column of ${set.name}`,
      expected: columns.join(", "),
      hint: didYouMean(stranger, columns),
    });
  const missing = columns.filter((name) => spans[name] === undefined);
  if (columns.length > 1 && missing.length === columns.length) return { ...observations.x };
  if (columns.length > 1 && missing.length > 0)
    throw new CalledWrongly({
      op: "--x",
      what: `${missing.join(", ")} has no span`,
      expected: "a span for every column, or for none",
    });
  const perAxis = Math.max(2, Math.floor(points ** (1 / columns.length) + 1e-9));
  const count = perAxis ** columns.length;
  return Object.fromEntries(
    columns.map((name, axis) => {
      const own = observations.x[name] as Float64Array;
      const [low, high] = spans[name] ?? [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
      const stride = perAxis ** (columns.length - 1 - axis);
      return [
        name,
        Float64Array.from({ length: count }, (_, row) => low + ((high - low) * (Math.floor(row / stride) % perAxis)) / (perAxis - 1)),
      ];
    }),
  );
}
