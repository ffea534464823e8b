/** A section about joint data: what one set's likelihood costs the other's, over the points of a scan. */
import { paretoFront, type SetLikelihood } from "@tetrad/theory";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import { cloud, curve, dots, type Point } from "./marks.js";
import type { Section } from "./page.js";

/** Rises beyond this multiple of the joint best's own are no trade that anyone would make. */
const REACH = 4;
/** Smallest rise that charts show: 95 % of two parameters. */
const LEAST = 6.18;
/** More dots than this hide one another and swell the file. */
const MOST_DOTS = 4000;

/** @param best row of the best joint likelihood */
export function paretoSections(sets: readonly SetLikelihood[], best: number): Section[] {
  if (sets.length < 2) return [];
  const rises = sets.map(({ name, logLikelihood }) => {
    const highest = logLikelihood.reduce((most, value) => (value > most ? value : most), -Infinity);
    return { name, rise: logLikelihood.map((value) => 2 * (highest - value)) };
  });
  const pairs = rises.flatMap((up, j) => rises.slice(0, j).map((across) => ({ across, up })));
  return [
    {
      title: "What the data sets trade",
      paragraphs: [
        "Each point of the scan costs every data set something over its own best point. The front holds those that no other point beats in both. Where it comes close to the corner, one point suits both sets; where it stays away, the sets pull apart.",
        `At the best joint point: ${rises.map(({ name, rise }) => `${name} ${(rise[best] as number).toFixed(2)}`).join(", ")} above their own best.`,
      ],
      figures: pairs.map(({ across, up }) => frontChart(across, up, best)),
    },
  ];
}

interface Rise {
  readonly name: string;
  readonly rise: Float64Array;
}

function frontChart(across: Rise, up: Rise, best: number): Figure {
  const at = (row: number): Point => [across.rise[row] as number, up.rise[row] as number];
  const joint = at(best);
  const [right, top] = joint.map((rise) => Math.max(LEAST, REACH * rise)) as [number, number];
  const inside = Array.from(across.rise.keys()).filter((row) => at(row)[0] <= right && at(row)[1] <= top);
  const stride = Math.max(1, Math.ceil(inside.length / MOST_DOTS));
  const front = paretoFront(across.rise, up.rise)
    .map(at)
    .filter(([x, y]) => x <= right && y <= top);
  return chart({
    title: `${up.name} against ${across.name}`,
    caption: `Rise of −2 ln L of either data set over its own best point of the scan${stride === 1 ? "" : `; one point in ${stride}`}.`,
    x: { label: `Δχ² of ${across.name}`, domain: [0, right] },
    y: { label: `Δχ² of ${up.name}`, domain: [0, top] },
    height: 400,
    legend: [
      { label: "points", series: "s1", symbol: "dot" },
      { label: "Pareto front", series: "s3", symbol: "line" },
      { label: "best joint point", series: "s2", symbol: "dot" },
    ],
    marks: [
      cloud(inside.filter((_, i) => i % stride === 0).map(at), "s1"),
      curve(front, "s3"),
      dots({ points: [joint], series: "s2", radius: 4 }),
    ],
  });
}
