/** `tetrad tune MODEL_OR_CONFIG`: the fastest thread count and kernel variants for one plan on this machine, found in seconds and kept. */
import { Command } from "commander";
import type { TuneOptions } from "../actions/tune.js";
import { positiveNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function tuneCommand(io: Io): Command {
  return new Command("tune")
    .description(
      "search, for a few seconds, how many threads and which variants of kernels are fastest here, and keep the result for later runs",
    )
    .argument("<path>", "YAML file of `tetrad train` (its training step), or a model's folder (its prediction)")
    .option("--seconds <n>", "how long to search", positiveNumber, 2)
    .option("--export <file>", "write the table to a file as well, for `--tuning` or createEngine({ tuning })")
    .addHelpText(
      "after",
      "\nExamples:\n  tetrad tune examples/iris/train.yaml\n  tetrad tune iris-model --seconds 5 --export iris-tuning.json\n  tetrad explain examples/iris/train.yaml --why",
    )
    .action(async (path: string, options: TuneOptions, command: Command) =>
      (await import("../actions/tune.js")).tuneAction(contextOf(command, io), io.env, path, options),
    );
}
