/** Report of a model that makes texts of texts, on sources whose targets are known. */
import { basename } from "node:path";
import type { Interval } from "@tetrad/engine";
import { beginning, type SourceTarget, type Written } from "@tetrad/language";
import type { RunFacts } from "../language/run-facts.js";
import { chart } from "./chart.js";
import type { Figure } from "./figure.js";
import { figuresTable } from "./figures.js";
import { columns } from "./marks.js";
import { page, type Section } from "./page.js";
import { runSection } from "./run-section.js";
import { element, escapeText } from "./svg.js";

export interface WrittenReport {
  readonly run: RunFacts;
  /** The file */
  readonly path: string;
  readonly pairs: readonly SourceTarget[];
  readonly written: Written;
  /** By names for people, ROUGE-L among them */
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly perplexity: number;
}

const MOST_TEXTS = 20;
/** Letters of a text that is shown */
const MOST_LETTERS = 600;
const BINS = 20;

export function writtenReport(report: WrittenReport): string {
  const { run, path, pairs, written, intervals, perplexity } = report;
  const { value, low, high } = intervals["ROUGE-L"] as Interval;
  const lead = `The texts that it writes of ${pairs.length} sources share ${value.toFixed(4)} with the targets by ROUGE-L; with other texts of the same kind it would be between ${low.toFixed(4)} and ${high.toFixed(4)}.`;
  return page(`${basename(run.folder)} on ${basename(path)}`, lead, [
    {
      title: "Figures",
      paragraphs: ["ROUGE as rouge-score counts it, of stems: F1 of words, of pairs of words, and of the longest common subsequence."],
      tables: [figuresTable({ ...intervals, "perplexity of targets": perplexity, "tokens of a text": written.meanLength })],
      figures: [scoresChart(written)],
    },
    textsSection(report),
    runSection(run, { file: path, pairs: pairs.length }),
  ]);
}

function scoresChart({ scores }: Written): Figure {
  const counts = new Array<number>(BINS).fill(0);
  for (const { rougeL } of scores) (counts[Math.min(BINS - 1, Math.floor(rougeL.f1 * BINS))] as number)++;
  return chart({
    title: "ROUGE-L of the texts",
    caption: "How many texts have which score. Further right is better.",
    x: { label: "ROUGE-L", domain: [0, 1], exact: true, ticks: 5 },
    y: { label: "texts", domain: [0, Math.max(...counts)] },
    marks: [
      columns(
        counts.map((height, i) => ({ x0: i / BINS, x1: (i + 1) / BINS, height })),
        "s1",
      ),
    ],
  });
}

function textsSection({ pairs, written: { texts, scores } }: WrittenReport): Section {
  const score = (i: number) => scores[i]?.rougeL.f1 as number;
  const worst = pairs.map((_, i) => i).sort((a, b) => score(a) - score(b) || a - b);
  const shown = worst.slice(0, MOST_TEXTS);
  const line = (name: string, text: string) => element("div", {}, escapeText(`${name}: ${beginning(text, MOST_LETTERS)}`));
  return {
    title: "Texts",
    paragraphs: [`${shown.length} of ${pairs.length}, those least like their targets first.`],
    blocks: [
      element(
        "ol",
        { class: "texts" },
        ...shown.map((i) => {
          const { source, target } = pairs[i] as SourceTarget;
          const said = escapeText(texts[i] === "" ? "(nothing)" : beginning(texts[i] as string, MOST_LETTERS));
          return element("li", {}, said, line("target", target), line("source", source), line("ROUGE-L", score(i).toFixed(4)));
        }),
      ),
    ],
  };
}
