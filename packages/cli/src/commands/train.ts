/** `tetrad train CONFIG.yaml`: a network for a table, from configuration to saved model. */
import { Command } from "commander";
import type { TrainOptions } from "../actions/train.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function trainCommand(io: Io): Command {
  return new Command("train")
    .description("train a network on a table as a YAML file says, and save it with everything that prediction needs")
    .argument("<config>", "YAML file: data, target, model, optimizer, … (see examples/iris/train.yaml)")
    .option("--out <folder>", "the model's folder (default: the configuration's `out`, else named after the data)")
    .option("--resume", "go on with an interrupted run")
    .option("--report <file>", "write a report with charts as one HTML file")
    .addHelpText("after", EXAMPLES)
    .action(async (path: string, options: TrainOptions, command: Command) =>
      (await import("../actions/train.js")).trainAction(contextOf(command, io), path, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad train examples/iris/train.yaml
  tetrad train demo-output/network.yaml --report age.html     after \`npm run demo\`
  tetrad train my.yaml --out my-model --json
  tetrad train my.yaml --resume            after Ctrl-C

A smallest configuration:
  data: flowers.csv      # CSV, TSV, JSON lines or a JSON array of records
  target: species        # text: classification; numbers: regression`;
