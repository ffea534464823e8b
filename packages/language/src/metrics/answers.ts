/** How near given answers come to right ones: exact match and F1 of SQuAD's official evaluation (version 2, which for questions with answers is version 1). */

import { TetradError } from "@tetrad/engine";
import { ngrams, overlap, pieces } from "./ngrams.js";

export interface AnswerScores {
  /** Answers that equal a right one after normalisation, of 100 */
  readonly exactMatch: number;
  /** Mean F1 of words, 0 to 100 */
  readonly f1: number;
}

/**
 * @param answers of each question, any of which is right; none where nothing is to be answered. @param given an answer each, empty for none
 * @throws TetradError SHAPE where they differ in number, ARGUMENT where there is no question
 */
export function answerScores(answers: readonly (readonly string[])[], given: readonly string[]): AnswerScores {
  if (answers.length !== given.length) {
    throw new TetradError("SHAPE", {
      op: "answerScores",
      what: "right and given answers differ in number",
      got: `${answers.length} and ${given.length}`,
    });
  }
  if (given.length === 0) throw new TetradError("ARGUMENT", { op: "answerScores", what: "there is no question" });
  const mean = (measure: (right: string, said: string) => number) =>
    (100 * given.reduce((sum, said, i) => sum + best(answers[i] as readonly string[], said, measure), 0)) / given.length;
  return { exactMatch: mean((right, said) => Number(right === said)), f1: mean(wordF1) };
}

/** Of the right answer that is nearest; an answer of articles and marks alone is none. */
function best(answers: readonly string[], given: string, measure: (right: string, said: string) => number): number {
  const right = answers.map(normalised).filter((text) => text !== "");
  return Math.max(...(right.length === 0 ? [""] : right).map((text) => measure(text, normalised(given))));
}

/** Lower case, without ASCII punctuation, articles and spaces that are too many. */
function normalised(text: string): string {
  const bare = text.toLowerCase().replace(/[!-/:-@[-`{-~]/g, "");
  return pieces(bare.replace(/(?<![\p{L}\p{N}])(?:a|an|the)(?![\p{L}\p{N}])/gu, " ")).join(" ");
}

function wordF1(right: string, said: string): number {
  const [wanted, words] = [pieces(right), pieces(said)];
  if (wanted.length === 0 || words.length === 0) return Number(right === said);
  return (2 * overlap(ngrams(wanted, 1), ngrams(words, 1))) / (wanted.length + words.length);
}
