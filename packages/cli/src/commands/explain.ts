/** `tetrad explain CONFIG.yaml`: every kernel launch of one training step, with what it costs. */
import { Command } from "commander";
import type { ExplainOptions } from "../actions/explain.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function explainCommand(io: Io): Command {
  return new Command("explain")
    .description("show what one training step does: every launch with shapes, bytes, operations, time and share of the machine's limits")
    .argument("<config>", "YAML file of `tetrad train`")
    .option("--plan", "print the plan alone, without measurements: the same text on every machine")
    .option("--why", "name each launch's kernel variant and its source, and the reason for the number of threads")
    .addHelpText(
      "after",
      "\nExamples:\n  tetrad explain examples/iris/train.yaml\n  tetrad explain examples/iris/train.yaml --plan\n  tetrad explain examples/iris/train.yaml --why\n  tetrad explain examples/iris/train.yaml --json",
    )
    .action(async (path: string, options: ExplainOptions, command: Command) =>
      (await import("../actions/explain.js")).explainAction(contextOf(command, io), path, options),
    );
}
