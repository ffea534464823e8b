/** What `tetrad evaluate` does with models that have no report. */
import type { Engine } from "@tetrad/engine";
import {
  type AnswererEvaluation,
  evaluateAnswerer,
  evaluateEmbedder,
  evaluateMultiLabel,
  evaluateRegressor,
  maskedPerplexity,
  openAnswerer,
  openEmbedder,
  openMlm,
  openMultiLabel,
  openRegressor,
  type RegressorEvaluation,
} from "@tetrad/language";
import { noteCut } from "../language/cut-texts.js";
import type { LanguageTask } from "../language/folder.js";
import { readPairs } from "../language/pairs.js";
import { readQuestions } from "../language/questions.js";
import { readMultiLabelled, readRated, readWrittenTexts } from "../language/texts.js";
import type { Terminal } from "../terminal.js";
import { resultText } from "../training/evaluate.js";
import type { EvaluateOptions } from "./evaluate.js";
import { FIGURES } from "./finetune-embed.js";

interface Measured {
  /** `31 texts` */
  readonly examples: string;
  readonly text: string;
  readonly facts: object;
}

/** Reads the examples, then measures with an engine. */
type Measure = (
  path: string,
  options: EvaluateOptions,
  terminal: Terminal,
) => Promise<(engine: Engine, folder: string) => Promise<Measured>>;

export const MEASURES: Readonly<Record<Exclude<LanguageTask, "classify" | "seq2seq" | "tag">, Measure>> = {
  async answer(path) {
    const questions = await readQuestions(path);
    return async (engine, folder) => {
      const { predicted: _, ...facts } = await evaluateAnswerer(engine, await openAnswerer(engine, folder), questions);
      return { examples: `${questions.length} questions`, text: answerText(facts), facts };
    };
  },
  async "multi-label"(path, options, terminal) {
    const rows = await readMultiLabelled(path, options, options.separator);
    return async (engine, folder) => {
      const {
        report,
        predicted: _,
        perLabel: __,
        ...facts
      } = await evaluateMultiLabel(engine, await openMultiLabel(engine, folder, noteCut(terminal)), rows);
      const line = `all labels right ${facts.exactMatch.toFixed(4)}, wrong decisions ${facts.hammingLoss.toFixed(4)}`;
      return { examples: `${rows.length} texts`, text: `${report}\n${line}`, facts };
    };
  },
  async regress(path, options, terminal) {
    const rows = await readRated(path, options, (text) => terminal.note(text));
    return async (engine, folder) => {
      const { predicted: _, ...facts } = await evaluateRegressor(engine, await openRegressor(engine, folder, noteCut(terminal)), rows);
      return { examples: `${rows.length} texts`, text: regressionText(facts), facts };
    };
  },
  async mask(path, { text }) {
    const texts = await readWrittenTexts(path, text);
    return async (engine, folder) => {
      const facts = await maskedPerplexity(engine, await openMlm(engine, folder), texts);
      return {
        examples: `${texts.length} texts`,
        text: `perplexity of ${facts.tokens} hidden tokens: ${facts.perplexity.toFixed(2)}`,
        facts,
      };
    };
  },
  async embed(path, options) {
    const pairs = await readPairs(path, options);
    return async (engine, folder) => {
      const facts = await evaluateEmbedder(engine, await openEmbedder(engine, folder), pairs);
      const lines = Object.entries(facts).map(([name, value]) => `${(FIGURES[name] as string).padEnd(24)} ${value.toFixed(4)}`);
      return { examples: `${pairs.length} pairs`, text: lines.join("\n"), facts };
    };
  },
};

export function answerText({ exactMatch, f1, unanswerable }: Omit<AnswererEvaluation, "predicted">): string {
  const silence = unanswerable > 0 ? `, ${unanswerable} of the questions without an answer` : "";
  return `exact match ${exactMatch.toFixed(2)}, F1 ${f1.toFixed(2)} as SQuAD counts${silence}`;
}

/** A few lines for people. */
export function regressionText(result: Omit<RegressorEvaluation, "predicted">): string {
  const correlations = `Pearson's correlation   ${result.pearson.toFixed(4)}, Spearman's ${result.spearman.toFixed(4)}`;
  return `${resultText({ task: "regression", ...result })}\n${correlations}`;
}
