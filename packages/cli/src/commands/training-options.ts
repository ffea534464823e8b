/** Options of every `tetrad finetune` command, and where their values come from: the command line, a configuration, or a default. */
import { type Command, Option } from "commander";
import type { ZodType } from "zod";
import { adversarial, notNegative, positiveInteger, positiveNumber, share, wholeNumber } from "../arguments.js";
import { ARGUMENTS, flagOf, type Kind } from "../language/training-arguments.js";

export const MODEL =
  "a pretrained model as Hugging Face lays it out: config.json, model.safetensors, tokenizer.json; or its name on the Hub: org/name, org/name@revision";

/** Options that every task needs, and a file may give. */
const REQUIRED = ["model", "train", "out"] as const;

/** What every task has. @param files whether examples are of files that the command line names */
export function withTraining(command: Command, epochs: number, { files = true }: { readonly files?: boolean } = {}): Command {
  command
    .option("--out <folder>", "where the fine-tuned model goes")
    .option(
      "--config <file>",
      "YAML with any of these options by Hugging Face's names: learning_rate: 2e-4; the command line goes before it",
    )
    .option("--max-tokens <n>", "longer texts are cut (default: what the model can read)", positiveInteger)
    .option(
      "--adversarial <method>",
      "also train on word embeddings moved to where the loss is larger: fgm:0.5, pgd:0.5,0.3,3, or freelb:0.5,0.3,3; lengths are of a batch's whole move, with :text behind them of each text's own",
      adversarial,
    )
    .option("--test-share <share>", "how many of the examples are kept to measure on where there is no test file", share, 0.1)
    .option(
      "--validation-share <share>",
      "how many of those to train on are for evaluations in training where there is no file of them",
      share,
      0.1,
    )
    .option("--resume", "go on with an interrupted run: the same command, and this");
  if (files) command.option("--validation <file>", "examples for evaluations in training (default: some of --train that are not learned)");
  const defaults: Readonly<Record<string, unknown>> = { epochs, batchSize: 16, learningRate: 5e-5, weightDecay: 0.01, seed: 0 };
  for (const [name, { kind, about }] of Object.entries(ARGUMENTS)) {
    if (kind === "record") continue;
    const option = new Option(`${flagOf(name)}${placeholder(kind)}`, about).helpGroup("Training:");
    const parse = typeof kind === "string" ? PARSERS[kind] : undefined;
    if (parse !== undefined) option.argParser(parse);
    if (typeof kind === "object") option.choices(kind);
    if (name in defaults) option.default(defaults[name]);
    command.addOption(option);
  }
  return command;
}

function placeholder(kind: Kind): string {
  if (kind === "flag") return "";
  if (kind === "names") return " <names...>";
  return kind === "count" || kind === "whole" ? " <n>" : kind === "text" || typeof kind === "object" ? " <name>" : " <x>";
}

const PARSERS: Readonly<Record<string, (text: string) => number>> = {
  count: positiveInteger,
  whole: wholeNumber,
  positive: positiveNumber,
  nonnegative: notNegative,
  share,
};

/**
 * The options of a command: what its command line says, else its --config file, else the defaults. A usage error where one that is needed is missing.
 * @param more what only a file can say, by its keys
 * @throws TetradError IO, FORMAT for the file
 */
export async function settingsOf<Flags>(command: Command, more: Readonly<Record<string, ZodType>> = {}): Promise<Flags> {
  const { config } = command.opts<{ config?: string }>();
  if (config !== undefined) {
    const { loadFinetuneConfig } = await import("../config/finetune-config.js");
    for (const [name, value] of Object.entries(await loadFinetuneConfig(config, command.options, more))) {
      if (command.getOptionValueSource(name) !== "cli") command.setOptionValueWithSource(name, value, "config");
    }
  }
  const flags = command.opts<Record<string, unknown>>();
  const missing = command.options.find(
    (option) => REQUIRED.some((name) => name === option.attributeName()) && flags[option.attributeName()] === undefined,
  );
  if (missing !== undefined)
    command.error(`error: required option '${missing.flags}' not specified`, { code: "commander.missingMandatoryOptionValue" });
  return flags as Flags;
}
