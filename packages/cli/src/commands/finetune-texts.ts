/** `tetrad finetune multi-label` and `regress`: other heads over whole texts than that of classes. */
import { Command } from "commander";
import type { FinetuneMultiLabelOptions } from "../actions/finetune-multi-label.js";
import type { FinetuneRegressOptions } from "../actions/finetune-regress.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withAdapters } from "./adapter-options.js";
import { MODEL, settingsOf, withTraining } from "./training-options.js";

export function multiLabelCommand(io: Io): Command {
  const command = new Command("multi-label")
    .description("give texts any number of labels: trains the whole model with a yes or no for each label")
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts and one of labels")
    .option("--test <file>", "texts to measure it on afterwards")
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of labels: a JSON list, or names between separators; empty for none", "labels")
    .option("--separator <text>", "what stands between labels", "|");
  return withAdapters(withTraining(command, 3))
    .addHelpText("after", MULTI_LABEL)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-multi-label.js")).finetuneMultiLabelAction(
        contextOf(own, io),
        await settingsOf<FinetuneMultiLabelOptions>(own),
      ),
    );
}

export function regressCommand(io: Io): Command {
  const command = new Command("regress")
    .description("give texts a number, a grade say: trains the whole model with a head of one output, by the squared error")
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts and one of numbers")
    .option("--test <file>", "texts to measure it on afterwards")
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of numbers", "value");
  return withAdapters(withTraining(command, 3))
    .addHelpText("after", REGRESS)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-regress.js")).finetuneRegressAction(
        contextOf(own, io),
        await settingsOf<FinetuneRegressOptions>(own),
      ),
    );
}

const MULTI_LABEL = `
Examples:
  tetrad finetune multi-label --model ./all-MiniLM-L6-v2 --train papers.jsonl --text abstract --label categories --out ./topics
  tetrad finetune multi-label --model ./all-MiniLM-L6-v2 --train mails.csv --label tags --separator ";" --learning-rate 2e-4 --out ./mails
  tetrad predict ./topics "Black hole entropy from a conformal field theory"
  tetrad evaluate ./topics test.jsonl --text abstract --label categories`;

const REGRESS = `
Examples:
  tetrad finetune regress --model ./all-MiniLM-L6-v2 --train reviews.csv --label stars --learning-rate 2e-4 --out ./stars
  tetrad predict ./stars "I would come again."
  tetrad evaluate ./stars test.csv --label stars`;
