/** `tetrad finetune TASK`: a pretrained language model trained further on one's own text. */
import { Command } from "commander";
import type { FinetuneClassifyOptions } from "../actions/finetune-classify.js";
import { positiveInteger, positiveNumber, share } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function finetuneCommand(io: Io): Command {
  return new Command("finetune").description("train a pretrained language model further on your own text").addCommand(classifyCommand(io));
}

function classifyCommand(io: Io): Command {
  return new Command("classify")
    .description("put texts into classes: trains the whole model with a new head and writes a folder that Python's transformers opens")
    .requiredOption("--model <folder>", "a pretrained model as Hugging Face lays it out: config.json, model.safetensors, tokenizer.json")
    .requiredOption("--train <file>", "CSV, TSV, JSON lines or JSON with a column of texts and one of classes")
    .option("--test <file>", "texts to measure it on afterwards; else a share of the training texts is kept for that")
    .option("--test-share <share>", "how many of the training texts are kept where there is no --test", share, 0.1)
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes", "label")
    .requiredOption("--out <folder>", "where the fine-tuned model goes")
    .option("--epochs <n>", "how often every text is seen", positiveInteger, 3)
    .option("--batch-size <n>", "texts of a step", positiveInteger, 16)
    .option("--learning-rate <x>", "the highest rate; it rises over the first tenth of all steps and falls to 0", positiveNumber, 5e-5)
    .option("--weight-decay <x>", "of matrices; offsets and norms do not decay", Number, 0.01)
    .option("--max-tokens <n>", "longer texts are cut (default: what the model can read)", positiveInteger)
    .option("--seed <n>", "of the new head, dropout and the order of texts", Number, 0)
    .addHelpText("after", EXAMPLES)
    .action(async (options: FinetuneClassifyOptions, command: Command) =>
      (await import("../actions/finetune-classify.js")).finetuneClassifyAction(contextOf(command, io), options),
    );
}

const EXAMPLES = `
Examples:
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --text text --label category --out ./banking
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --test test.csv --label category --learning-rate 2e-4 --max-tokens 64 --out ./banking
  tetrad predict ./banking "my card was swallowed"
  tetrad evaluate ./banking test.csv --label category`;
