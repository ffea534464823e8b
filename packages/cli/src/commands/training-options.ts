/** Options of every `tetrad finetune` command. */
import type { Command } from "commander";
import { adversarial, positiveInteger, positiveNumber, share } from "../arguments.js";

/** What every task has. */
export function withTraining(command: Command, epochs: number): Command {
  return command
    .requiredOption("--out <folder>", "where the fine-tuned model goes")
    .option("--epochs <n>", "how often every example is seen", positiveInteger, epochs)
    .option("--batch-size <n>", "examples of a step", positiveInteger, 16)
    .option("--learning-rate <x>", "the highest rate; it rises over the first tenth of all steps and falls to 0", positiveNumber, 5e-5)
    .option("--weight-decay <x>", "of matrices; offsets and norms do not decay", Number, 0.01)
    .option("--max-tokens <n>", "longer texts are cut (default: what the model can read)", positiveInteger)
    .option("--seed <n>", "of the new head, dropout and the order of examples", Number, 0)
    .option(
      "--adversarial <method>",
      "also train on word embeddings moved to where the loss is larger: fgm:0.5, or pgd:0.5,0.3,3",
      adversarial,
    )
    .option("--save-steps <n>", "keep where the run stands every n steps, as Ctrl-C does", positiveInteger)
    .option("--resume", "go on with an interrupted run: the same command, and this")
    .option("--test-share <share>", "how many of the examples are kept to measure on where there is no --test", share, 0.1);
}

export const MODEL = "a pretrained model as Hugging Face lays it out: config.json, model.safetensors, tokenizer.json";
