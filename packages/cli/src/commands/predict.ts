/** `tetrad predict MODEL DATA.csv`: a saved model applied to a table, with everything that training did to its columns. */
import { Command, Option } from "commander";
import type { PredictOptions } from "../actions/predict.js";
import { positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import { TABLE_FORMATS } from "../output-format.js";
import type { Io } from "../terminal.js";

export function predictCommand(io: Io): Command {
  return new Command("predict")
    .description(
      "predict a column of a table with a saved model, or the class of a text with a fine-tuned one; prints predictions, and for tables how good they are where the truth is known",
    )
    .argument("<model>", "folder that `tetrad train` or `tetrad finetune` wrote, or the name of a language model on the Hub: org/name")
    .argument("[data]", "CSV, TSV, JSON lines or JSON with the model's input columns, in any order; for a language model also a text")
    .option("--text <column>", "for a language model: the column of texts", "text")
    .option("--top <n>", "for a language model: how many classes, answers or words to name", positiveInteger, 3)
    .option("--question <text>", "for a model that answers questions: one about the file of --context")
    .option("--context <file>", "the text that is asked about")
    .option(
      "--null-threshold <x>",
      "no answer is given where it scores better than the best one by more than this (default: always one)",
      Number,
    )
    .option("--out <file>", "write the table there instead of printing it; JSON keeps numbers, lists and nested values as they came")
    .addOption(
      new Option("--format <name>", "format of the table (default: what the name of --out ends in, else csv)").choices(TABLE_FORMATS),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, path: string | undefined, options: PredictOptions, command: Command) =>
      (await import("../actions/predict.js")).predictAction(contextOf(command, io), folder, path, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad predict iris-model examples/iris/iris.csv
  tetrad predict iris-model new.csv --out predicted.csv
  tetrad predict iris-model new.jsonl --json
  tetrad predict ./banking "my card was swallowed"
  tetrad predict ./answers --question "Who measured it?" --context paper.txt
  tetrad predict ./banking questions.csv --text question --out answered.csv
  tetrad predict ./ner sentences.jsonl --out entities.jsonl`;
