// Spectra of a report: ratios as numbers, and σ8 that a theory derives from As.
import { powerEisensteinHu, powerNoWiggle } from "@tetrad/theory";
import { expect, test } from "vitest";
import type { Figure } from "../../packages/cli/src/report/figure.js";
import type { FittedTheory } from "../../packages/cli/src/report/fitted-theory.js";
import { powerSections } from "../../packages/cli/src/report/power-sections.js";

const SHAPE = { H0: 68, Ob: 0.05, ns: 0.96 };

function fitted(title: string, Om: number, more: Readonly<Record<string, number>>): FittedTheory {
  const derived = Object.entries(more).map(([name, value]) => ({ name, value }));
  return { theory: { constants: SHAPE }, fit: { title, parameters: [{ name: "Om", value: Om }], derived } } as unknown as FittedTheory;
}

interface Specification {
  layer: { mark: { type: string }; data: { values: { x: number; y: number }[] } }[];
}

/** Points of the n-th line of a figure after the rule at 1. */
function lineOf(figures: readonly Figure[], figure: number, line: number): { x: number; y: number }[] {
  const specification = figures[figure]?.vegaLite() as unknown as Specification;
  return specification.layer.filter(({ mark }) => mark.type === "line")[line + 1]?.data
    .values as Specification["layer"][number]["data"]["values"];
}

test("each theory's power over the first one's; σ8 may be a derived quantity", () => {
  const [section] = powerSections([fitted("one", 0.3, { sigma8: 0.8 }), fitted("other", 0.25, { sigma8: 0.9 })]);
  const points = lineOf(section?.figures ?? [], 1, 0);
  expect(points).toHaveLength(300);
  const k = points.map(({ x }) => x);
  const [first, second] = [
    powerEisensteinHu(k, { ...SHAPE, Om: 0.3, sigma8: 0.8 }),
    powerEisensteinHu(k, { ...SHAPE, Om: 0.25, sigma8: 0.9 }),
  ];
  points.forEach(({ y }, i) => {
    expect(y / ((second[i] as number) / (first[i] as number))).toBeCloseTo(1, 12);
  });
});

test("a single theory's over the smooth spectrum; none without σ8", () => {
  const [section] = powerSections([fitted("one", 0.3, { sigma8: 0.8 })]);
  const points = lineOf(section?.figures ?? [], 1, 0);
  const k = points.map(({ x }) => x);
  const cosmology = { ...SHAPE, Om: 0.3, sigma8: 0.8 };
  const [wiggles, smooth] = [powerEisensteinHu(k, cosmology), powerNoWiggle(k, cosmology)];
  points.forEach(({ y }, i) => {
    expect(y / ((wiggles[i] as number) / (smooth[i] as number))).toBeCloseTo(1, 12);
  });
  expect(powerSections([fitted("one", 0.3, {})])).toEqual([]);
});
