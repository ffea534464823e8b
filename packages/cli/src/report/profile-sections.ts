/** Sections of a report about profile likelihoods: intervals, each curve with its levels, and how the other parameters follow. */
import { largestOf, smallestOf } from "@tetrad/engine";
import { PROFILE_RISES, type Profile, type ProfileResult } from "@tetrad/theory";
import { short } from "../numbers.js";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import type { Labels } from "./labels.js";
import { curve, horizontal, type Point, vertical } from "./marks.js";
import type { Section } from "./page.js";

export const PROFILE_HEADER = ["best", "−", "+", "Δχ² = 1", "Δχ² = 4", "unit"] as const;

export function profileCells({ best, minus, plus, intervals, unit }: Profile): string[] {
  const figure = (value: number | null): string => (value === null ? "open" : short(value));
  return [
    short(best),
    ...[minus, plus].map((value) => (value === null ? "open" : String(Number(value.toPrecision(3))))),
    ...intervals.map(({ low, high }) => `${figure(low)} to ${figure(high)}`),
    unit ?? "",
  ];
}

export function profileSections(
  { profiles, messages }: ProfileResult,
  names: readonly string[],
  fitMessages: readonly string[],
  labels: Labels,
): Section[] {
  return [
    {
      title: "Profile likelihoods",
      paragraphs: [
        "For each value of a parameter all others are fitted again. Where the curve has risen by 1 and by 4 are the ends of the 68 % and 95 % intervals; where it is no parabola, the errors of both sides differ.",
        ...fitMessages,
        ...messages,
      ],
      tables: [
        {
          caption: "Best fit, errors, and intervals",
          header: ["", ...PROFILE_HEADER],
          rows: profiles.map((one) => [one.name, ...profileCells(one)]),
        },
      ],
      figures: profiles.flatMap((profile) => [profileChart(profile, labels), ...followers(profile, names, labels)]),
    },
  ];
}

function profileChart({ name, best, values, rises, intervals, minus, plus }: Profile, labels: Labels): Figure {
  const points = values.map((value, i): Point => [value, rises[i] ?? Number.NaN]);
  const sigma = minus !== null && plus !== null ? (minus + plus) / 2 : (minus ?? plus);
  const [low, high] = [values[0] as number, values.at(-1) as number];
  const parabola =
    sigma === null
      ? []
      : Array.from({ length: 100 }, (_, i): Point => {
          const value = low + ((high - low) * i) / 99;
          return [value, ((value - best) / sigma) ** 2];
        });
  const ends = intervals.flatMap(({ low: from, high: to }) => [from, to]).filter((end) => end !== null);
  return chart({
    title: `Profile of ${name}`,
    caption:
      "Rise of −2 ln(likelihood × prior) over its minimum, with the ends of the intervals; dashed is the parabola of the mean error.",
    x: { label: labels.axis(name), domain: [low, high], exact: true },
    y: { label: "Δχ²", domain: [0, Math.max(6, ...PROFILE_RISES)], exact: true },
    marks: [
      ...PROFILE_RISES.map((rise) => horizontal(rise)),
      ...ends.map((end) => vertical(end)),
      curve(parabola, "s5", "dashes"),
      curve(points, "s1"),
    ],
  });
}

/** The other parameters along the curve, in their own spans. */
function followers({ name, values, refitted, rises }: Profile, names: readonly string[], labels: Labels): Figure[] {
  const others = names
    .map((other, i) => ({ other, i }))
    .filter(({ other }) => other !== name)
    .slice(0, 4);
  return others.map(({ other, i }) => {
    const points = values.map((value, row): Point => [value, rises[row] === null ? Number.NaN : (refitted[row]?.[i] as number)]);
    const heights = points.map(([, y]) => y).filter(Number.isFinite);
    return chart({
      title: `${other} as ${name} varies`,
      caption: `The best ${other} for each ${name}: its slope is how they trade against each other.`,
      x: { label: labels.axis(name), domain: [values[0] as number, values.at(-1) as number], exact: true },
      y: { label: labels.axis(other), domain: [smallestOf(heights), largestOf(heights)] },
      height: 220,
      marks: [curve(points, "s3")],
    });
  });
}
