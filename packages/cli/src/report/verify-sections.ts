/** Sections of a report about a verified theory: verdicts first, then the fit and its residuals. */
import { largestOf } from "@tetrad/engine";
import { type Finding, normalQuantile, type Theory, type Verification } from "@tetrad/theory";
import { short } from "../numbers.js";
import { MARKS, overallText } from "../verify-text.js";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import { fitSections } from "./fit-sections.js";
import { labelsOf } from "./labels.js";
import { curve, dots, type Point } from "./marks.js";
import type { ReportTable, Section } from "./page.js";
import { recoveryCharts } from "./recovery-chart.js";

const WORDS = { passed: "passed", doubtful: "doubtful", failed: "failed", skipped: "not applicable" } as const;

export function verifySections(theory: Theory, verification: Verification): Section[] {
  const overall = overallText(verification);
  return [
    {
      title: "Verdicts",
      paragraphs: [
        `${overall.charAt(0).toUpperCase()}${overall.slice(1)}`,
        "A check fails where a right theory would do worse once in a thousand times, and is doubtful at once in twenty. A theory that passes may still be wrong: it has only not been caught.",
      ],
      tables: [verdicts(verification.findings), numbers(verification.findings)],
      figures: [
        ...verification.fit.sets.map(({ name, points }, set) =>
          quantileChart(verification.fit.sets.length > 1 ? `${name}: shape of the residuals` : "Shape of the residuals", points.pulls, set),
        ),
        ...(verification.recovery === null ? [] : recoveryCharts(verification.recovery, labelsOf(theory))),
      ],
    },
    ...fitSections([{ theory, fit: verification.fit }], undefined),
  ];
}

function verdicts(findings: readonly Finding[]): ReportTable {
  return {
    caption: "Every check with its verdict",
    header: ["check", "outcome", "verdict"],
    rows: findings.map(({ title, outcome, verdict }) => [title, `${MARKS[outcome]} ${WORDS[outcome]}`, verdict]),
    words: true,
  };
}

function numbers(findings: readonly Finding[]): ReportTable {
  const rows = findings.flatMap(({ check, numbers: own }) =>
    Object.entries(own).map(([name, value]) => [`${check}: ${name}`, value === null ? "–" : short(value)]),
  );
  return { caption: "The numbers behind them, as --json names them", header: ["", "value"], rows };
}

/** Sorted residuals against the quantiles of as many normal numbers at G. Blom's positions (1958). */
function quantileChart(title: string, pulls: readonly number[], set: number): Figure {
  const sorted = [...pulls].sort((a, b) => a - b);
  const points = sorted.map((pull, i): Point => [normalQuantile((i + 0.625) / (sorted.length + 0.25)), pull]);
  const reach = Math.max(3, largestOf(pulls.map(Math.abs)));
  return chart({
    title,
    caption:
      "Whitened residuals in order, against those expected of as many standard normal numbers. A right theory with right errors follows the line.",
    x: { label: "expected", domain: [-reach, reach] },
    y: { label: "(measured − theory), whitened", domain: [-reach, reach] },
    marks: [
      curve(
        [
          [-reach, -reach],
          [reach, reach],
        ],
        "s1",
      ),
      dots({ points, series: set % 2 === 0 ? "s2" : "s3" }),
    ],
  });
}
