/** Sections of a report about confidence regions by simulated experiments: the data's rise under the critical one. */
import { largestOf } from "@tetrad/engine";
import type { RegionResult } from "@tetrad/theory";
import { short } from "../numbers.js";
import { chart } from "./chart.js";
import type { Labels } from "./labels.js";
import { curve, errorBars, type Point } from "./marks.js";
import type { Section } from "./page.js";

export function regionSections(regions: readonly RegionResult[], messages: readonly string[], labels: Labels): Section[] {
  return regions.map(({ name, level, toys, tested }, i) => {
    const critical = tested.map(({ value, critical: limit }): Point => [value, limit]);
    return {
      title: `Region of ${name}`,
      paragraphs: [
        `At each value ${toys} experiments were simulated with that value true and all fitted again. The value is in the region where the data rise no further than ${Number((100 * level).toFixed(2))} % of them.`,
        ...(i === 0 ? messages : []),
      ],
      tables: [
        {
          caption: "Tested values",
          header: [name, "rise of the data", "critical rise", "its error", "p-value"],
          rows: tested.map((one) => [
            short(one.value),
            one.rise.toFixed(3),
            one.critical.toFixed(3),
            one.criticalError.toFixed(3),
            one.pValue.toFixed(3),
          ]),
        },
      ],
      figures: [
        chart({
          title: `Rise and critical rise of ${name}`,
          caption:
            "Where the data's curve lies below the critical one is the region. Bars are the critical rise's error from the number of experiments.",
          x: { label: labels.axis(name), domain: [tested[0]?.value as number, tested.at(-1)?.value as number], exact: true },
          y: { label: "Δχ²", domain: [0, 2.5 * largestOf(tested.map((one) => one.critical))] },
          legend: [
            { label: "data", series: "s1", symbol: "line" },
            { label: "critical", series: "s2", symbol: "line" },
          ],
          marks: [
            curve(
              tested.map(({ value, rise }): Point => [value, rise]),
              "s1",
            ),
            curve(critical, "s2"),
            errorBars(
              critical,
              tested.map((one) => one.criticalError),
              "s2",
            ),
          ],
        }),
      ],
    };
  });
}
