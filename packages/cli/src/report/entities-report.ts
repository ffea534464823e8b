/** Report of a tagger on sentences whose entities are known. */
import { basename } from "node:path";
import type { Interval } from "@tetrad/engine";
import type { SequenceScores, TaggedSentence } from "@tetrad/language";
import type { RunFacts } from "../language/run-facts.js";
import { percent } from "../numbers.js";
import { f1Chart, figuresTable } from "./figures.js";
import { markedSentence, type Outcome, outcomesOf } from "./marked-sentence.js";
import { page, type Section } from "./page.js";
import { runSection } from "./run-section.js";
import { element } from "./svg.js";

export interface EntitiesReport {
  readonly run: RunFacts;
  /** The file */
  readonly path: string;
  readonly sentences: readonly TaggedSentence[];
  readonly predicted: readonly (readonly string[])[];
  readonly scores: SequenceScores;
  readonly f1: Interval;
}

const MOST_SENTENCES = 40;

type Judged = readonly { readonly type: string; readonly outcome: Outcome }[];

export function entitiesReport({ run, path, sentences, predicted, scores, f1 }: EntitiesReport): string {
  const { micro, macro, accuracy } = scores;
  const judged = sentences.map((sentence, s) => outcomesOf(sentence, predicted[s] as readonly string[]));
  const lead = `${percent(micro.recall)} of ${micro.support} entities in ${sentences.length} sentences are found, and ${percent(micro.precision)} of what is found is right: F1 ${f1.value.toFixed(4)}, with other sentences of the same kind between ${f1.low.toFixed(4)} and ${f1.high.toFixed(4)}.`;
  const figures = { F1: f1, precision: micro.precision, recall: micro.recall, "macro F1": macro.f1, "words with the right tag": accuracy };
  const words = sentences.reduce((sum, { tags }) => sum + tags.length, 0);
  return page(`${basename(run.folder)} on ${basename(path)}`, lead, [
    {
      title: "Figures",
      paragraphs: ["As seqeval counts: an entity is right if its type and both its ends are."],
      tables: [figuresTable(figures)],
    },
    typesSection(scores, judged.flat()),
    sentencesSection(sentences, predicted, judged),
    runSection(run, { file: path, sentences: sentences.length, words, entities: micro.support }),
  ]);
}

function typesSection({ types }: SequenceScores, judged: Judged): Section {
  const worst = [...types].sort(([, a], [, b]) => a.f1 - b.f1);
  const count = (name: string, wanted: Outcome) => judged.filter(({ type, outcome }) => type === name && outcome === wanted).length;
  return {
    title: "Types",
    tables: [
      {
        caption: "Those with the lowest F1 first. Otherwise: found, but with another type or extent",
        header: ["type", "precision", "recall", "F1", "entities", "right", "otherwise", "missed", "invented"],
        rows: worst.map(([name, { precision, recall, f1, support }]) => [
          name,
          ...[precision, recall, f1].map((value) => value.toFixed(4)),
          ...[support, ...(["right", "otherwise", "missed", "invented"] as const).map((outcome) => count(name, outcome))].map(String),
        ]),
      },
    ],
    figures: worst.length === 0 ? [] : [f1Chart(worst.map(([name, { f1 }]) => [name, f1]))],
  };
}

function sentencesSection(
  sentences: readonly TaggedSentence[],
  predicted: EntitiesReport["predicted"],
  judged: readonly Judged[],
): Section {
  const wrong = (s: number) => (judged[s] as Judged).filter(({ outcome }) => outcome !== "right").length;
  const worst = sentences
    .map((_, s) => s)
    .filter((s) => wrong(s) > 0)
    .sort((a, b) => wrong(b) - wrong(a));
  const items = worst
    .slice(0, MOST_SENTENCES)
    .map((s) => markedSentence(sentences[s] as TaggedSentence, predicted[s] as readonly string[]));
  const key = (["right", "otherwise", "missed", "invented"] as const)
    .map((outcome) => element("mark", { class: outcome }, outcome))
    .join(" ");
  return {
    title: "Sentences with wrong entities",
    paragraphs: [worst.length === 0 ? "There are none." : `${items.length} of ${worst.length}, those with the most errors first.`],
    blocks: worst.length === 0 ? [] : [element("p", {}, key), element("ol", { class: "texts" }, ...items)],
  };
}
