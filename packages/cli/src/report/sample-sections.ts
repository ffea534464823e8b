/** Sections of a report about a sampled posterior: verdict, table, corner plot, traces and ranks. */
import { largestOf, smallestOf } from "@tetrad/engine";
import { type DrawTable, freeParameters, ranks } from "@tetrad/theory";
import type { Sampled } from "../actions/sample.js";
import { measured, rounded, short } from "../numbers.js";
import { isChainSampler, type SamplerName } from "../sampling/plan.js";
import { chart } from "./chart.js";
import { SERIES, seriesAt } from "./colours.js";
import type { Figure } from "./figure.js";
import { type Labels, labelsOf } from "./labels.js";
import { curve, horizontal, type Point } from "./marks.js";
import type { ReportTable, Section } from "./page.js";
import { posteriorCorner } from "./posterior-corner.js";

/** Points of a trace: more would not be seen. */
const TRACE_POINTS = 400;
const RANK_BINS = 20;
/** Parameters in the corner plot and in traces: beyond that a page says nothing. */
const MOST = 8;

/** What may be said of a run that has converged. */
const PRAISE = {
  chains: "The chains agree with each other and are long enough: the numbers below can be used, each with its Monte Carlo error.",
  nested:
    "Nested sampling ended when its live points could no longer raise the evidence by one per cent; the draws below are resampled by their weights.",
  approximation:
    "Draws of a simple distribution that was fitted to the posterior: a first look, good where its overlap with the posterior, told below, is near 100 %.",
} as const;

function kindOf(sampler: SamplerName): keyof typeof PRAISE {
  return isChainSampler(sampler) ? "chains" : sampler === "nested" ? "nested" : "approximation";
}

export function sampleSections(sampled: Sampled): Section[] {
  const { theory, equal, summaries, verdict, messages, evidence } = sampled;
  const bounds = new Map(freeParameters(theory).map(({ name, lower, upper }) => [name, [lower, upper] as const]));
  const labels = labelsOf(theory);
  const effective = new Map(summaries.map(({ name, essBulk }) => [name, essBulk ?? 1]));
  const drawn = equal.quantities
    .filter(({ name, values }) => bounds.has(name) && new Set(values).size > 1)
    .slice(0, MOST)
    .map(({ name, values }) => ({
      label: labels.axis(name),
      values,
      walls: bounds.get(name) ?? ([-Infinity, Infinity] as const),
      effective: effective.get(name) ?? 1,
    }));
  const caption =
    "Diagonal: how probable each value is. Below: pairs of values inside the inner line hold 68 %, inside the outer one 95 % of the probability. A tilted or bent region means that two parameters can trade against each other.";
  const perChain = chainsOf(equal);
  return [
    {
      title: verdict.converged ? "Posterior" : "Posterior: not converged",
      paragraphs: [
        verdict.converged ? PRAISE[kindOf(sampled.plan.sampler)] : `Do not use these numbers. ${verdict.reasons.join("; ")}.`,
        ...(evidence === null
          ? []
          : [
              `ln Z = ${evidence.logEvidence.toFixed(3)} ± ${evidence.error.toFixed(3)}: the evidence, for comparison with other theories of the same data.`,
            ]),
        ...messages,
      ],
      tables: [summaryTable(sampled)],
      figures: drawn.length === 0 ? [] : [posteriorCorner(`${theory.title}: what the data allow`, caption, drawn)],
    },
    ...(perChain.length < 2
      ? []
      : [
          {
            title: "Do the chains agree?",
            paragraphs: [
              "Traces should look like the same noise in every chain. Ranks of each chain's draws among all draws should be spread evenly, around the dashed line.",
            ],
            figures: equal.quantities
              .filter(({ name }) => bounds.has(name))
              .slice(0, MOST)
              .flatMap(({ name, values }) => [traceChart(name, split(values, perChain), labels), rankChart(name, split(values, perChain))]),
          },
        ]),
  ];
}

/** Index of the first row of each chain, and of what follows the last. At most one colour each. */
function chainsOf({ chain }: DrawTable): number[] {
  const starts: number[] = [];
  chain.forEach((value, i) => {
    if (i === 0 || value !== chain[i - 1]) starts.push(i);
  });
  return starts;
}

function split(values: Float64Array, starts: readonly number[]): Float64Array[] {
  return starts.map((start, c) => values.subarray(start, starts[c + 1] ?? values.length)).slice(0, SERIES.length);
}

function traceChart(name: string, chains: readonly Float64Array[], labels: Labels): Figure {
  const length = Math.max(...chains.map((chain) => chain.length));
  const stride = Math.max(1, Math.ceil(length / TRACE_POINTS));
  const lines = chains.map((chain) =>
    Array.from({ length: Math.ceil(chain.length / stride) }, (_, i): Point => [i * stride + 1, chain[i * stride] as number]),
  );
  const heights = lines.flatMap((line) => line.map(([, y]) => y)); // a few thousand at most
  return chart({
    title: `Trace of ${name}`,
    caption: stride === 1 ? "Every draw, a colour each chain." : `One draw in ${stride}, a colour each chain.`,
    x: { label: "draw", domain: [1, length], exact: true },
    y: { label: labels.axis(name), domain: [smallestOf(heights), largestOf(heights)] },
    height: 220,
    marks: lines.map((line, c) => curve(line, seriesAt(c))),
  });
}

function rankChart(name: string, chains: readonly Float64Array[]): Figure {
  const total = chains.reduce((sum, { length }) => sum + length, 0);
  const expected = total / chains.length / RANK_BINS;
  const counts = ranks(chains).map((own) => {
    const bins = new Array<number>(RANK_BINS).fill(0);
    for (const rank of own) {
      const bin = Math.min(RANK_BINS - 1, Math.floor(((rank - 0.5) / total) * RANK_BINS));
      bins[bin] = (bins[bin] as number) + 1;
    }
    return bins;
  });
  const steps = counts.map((bins) =>
    bins.flatMap((count, i): Point[] => [
      [i / RANK_BINS, count],
      [(i + 1) / RANK_BINS, count],
    ]),
  );
  return chart({
    title: `Ranks of ${name}`,
    caption: `How many draws of each chain lie in each twentieth of all draws; ${short(expected)} if the chains agree.`,
    x: { label: "rank among all draws", domain: [0, 1], exact: true },
    y: { label: "draws", domain: [0, Math.max(...counts.flat(), 2 * expected)] },
    height: 220,
    marks: [horizontal(expected), ...steps.map((line, c) => curve(line, seriesAt(c)))],
  });
}

function summaryTable({ summaries, theory }: Sampled): ReportTable {
  const unit = new Map([...theory.parameters, ...theory.derived].map((one) => [one.name, one.unit ?? ""]));
  const figure = (value: number | null, digits = 0): string => (value === null ? "–" : value.toFixed(digits));
  return {
    caption:
      "Parameters and derived quantities; intervals hold 68 % and 95 % with equal tails. MCSE: the mean's own error from too few draws.",
    header: ["", "mean ± sd", "unit", "median", "68 %", "95 %", "MCSE", "r̂", "bulk ESS", "tail ESS"],
    rows: summaries.map(({ name, mean, sd, quantiles, mcseMean, rhat, essBulk, essTail }) => [
      name,
      measured(mean, sd),
      unit.get(name) ?? "",
      rounded(quantiles[2] as number, sd),
      `${rounded(quantiles[1] as number, sd)} to ${rounded(quantiles[3] as number, sd)}`,
      `${rounded(quantiles[0] as number, sd)} to ${rounded(quantiles[4] as number, sd)}`,
      mcseMean === null ? "–" : mcseMean.toPrecision(2),
      figure(rhat, 4),
      figure(essBulk),
      figure(essTail),
    ]),
  };
}
