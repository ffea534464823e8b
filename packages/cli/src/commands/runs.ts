/** `tetrad runs`: which models were fine-tuned here, how, and whether one of two is better than the other. */
import { Command } from "commander";
import type { RunsOptions } from "../actions/runs.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function runsCommand(io: Io): Command {
  return new Command("runs")
    .description("list fine-tuned models with their figures, or say of two whether one is better on the same examples")
    .argument("[folders...]", "where to look, folders within them included (default: here)")
    .option("--compare <folders...>", "two classifiers, or two taggers: measure both on --data")
    .option("--data <file>", "examples for --compare: a table of texts and classes, or CoNLL columns")
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes", "label")
    .addHelpText("after", EXAMPLES)
    .action(async (folders: string[], options: RunsOptions, command: Command) =>
      (await import("../actions/runs.js")).runsAction(contextOf(command, io), folders, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad runs
  tetrad runs ./models ./experiments --json
  tetrad runs --compare ./banking ./banking-lora --data test.csv --label category
  tetrad runs --compare ./ner ./ner-large --data test.conll`;
