// Data of any length: what puts every value on the stack overflows it between 100 and 130 thousand of them.
import { createEngine, largestOf, smallestOf } from "@tetrad/engine";
import { fitTfidf, transformTfidf } from "@tetrad/language";
import { type BoundaryResult, fitTheory, parseTheory } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { aligned } from "../../packages/cli/src/numbers.js";
import { boundarySections } from "../../packages/cli/src/report/boundary-sections.js";
import { fitSections } from "../../packages/cli/src/report/fit-sections.js";
import { heatMap } from "../../packages/cli/src/report/heat-map.js";
import { labelsOf } from "../../packages/cli/src/report/labels.js";
import { optimumSections } from "../../packages/cli/src/report/optimum-sections.js";
import { page } from "../../packages/cli/src/report/page.js";
import { errorHistogram, errorSizes, lossChart, predictedAgainstTrue } from "../../packages/cli/src/report/training-charts.js";

/** Enough for charts to fail by, whose drawings of single points take seconds. */
const N = 150_000;
const values = Array.from({ length: N }, (_, i) => Math.sin(i) + 2);

test("the largest and the smallest of 300 thousand: as Math.max and Math.min, of none and of NaN too", () => {
  expect(() => Math.max(...values)).toThrow(RangeError);
  const many = [...values, ...values];
  expect(largestOf(many)).toBe(many.reduce((a, b) => Math.max(a, b)));
  expect(smallestOf(Float64Array.from(many))).toBe(many.reduce((a, b) => Math.min(a, b)));
  for (const few of [[], [3], [-0, 0], [0, -0], [1, Number.NaN, 2]]) {
    expect(largestOf(few)).toBe(Math.max(...few));
    expect(smallestOf(few)).toBe(Math.min(...few));
  }
});

describe("reports of 150 thousand values", () => {
  const theory = parseTheory(
    "name: line\nmodel: a + b*x\ndata: { x: x, y: y, error: s }\nparameters: { a: { start: 1, bounds: [0, 4] }, b: { start: 0 } }",
  );

  test("learning: losses, predictions, errors", () => {
    const series = [{ label: "model", predicted: values.map((value) => value * 1.01), series: "s1" as const }];
    expect(lossChart([{ label: "loss", values, series: "s1" }]).html).toContain("<svg");
    for (const draw of [
      () => predictedAgainstTrue("y", values, series),
      () => errorHistogram("y", values, series),
      () => errorSizes(values, series),
    ])
      expect(draw().html).toContain("<svg");
  });

  test("explorations: a boundary along a line, an optimum", () => {
    const theta = Float64Array.from(values, (_, i) => (4 * i) / N);
    const result = { crossings: Float64Array.of(1), asked: { theta, margins: Float64Array.from(values) } } as unknown as BoundaryResult;
    const box = { lower: Float64Array.of(0), upper: Float64Array.of(4) };
    const [boundary] = boundarySections("a > 1", ["a"], box, result, "holds", labelsOf(theory));
    expect(boundary?.figures?.[0]?.html).toContain("<svg");
    const asked = { theta, values: Float64Array.from(values), expected: new Float64Array(N) };
    const [optimum] = optimumSections(["a"], Float64Array.of(1), 1, asked, labelsOf(theory));
    expect(optimum?.figures).toHaveLength(2);
  });

  test("a fit", async () => {
    const columns = { x: values.map((_, i) => i / N), y: values, s: new Array<number>(N).fill(1) };
    const engine = await createEngine({ backend: "wasm" });
    try {
      const fit = await fitTheory(engine, theory, { columns });
      expect(fit.parameters[0]?.value).toBeCloseTo(2, 2);
      const [section] = fitSections([{ theory, fit }], undefined);
      expect(section?.figures?.map(({ name }) => name)).toEqual(["y-against-x", "Residuals", "line-what-the-data-allow"]);
    } finally {
      engine.close();
    }
  });

  test("tables and confusions", () => {
    const rows = values.map((value) => ["row", String(value)]);
    expect(aligned(rows)).toHaveLength(N);
    expect(page("title", "lead", [{ title: "", tables: [{ caption: "all", header: ["", ""], rows }] }]).split("<tr>")).toHaveLength(N + 1);
    const labels = Array.from({ length: 600 }, (_, i) => `class ${i}`);
    const pairs = Array.from({ length: N }, (_, i) => ({ target: Math.floor(i / 600), predicted: i % 600, count: 1, share: 0.01 }));
    expect(heatMap(labels, pairs, "").split('heat"')).toHaveLength(N + 1);
  });
});

test("a text of 150 thousand terms has length 1", () => {
  const text = values.map((_, i) => `w${i}`).join(" ");
  const { values: weights } = transformTfidf(fitTfidf([text, "w1 w2"]), [text]);
  expect(weights).toHaveLength(N);
  expect(weights.reduce((sum, weight) => sum + weight * weight, 0)).toBeCloseTo(1, 10);
});
