/** `tetrad trace CONFIG.yaml`: some training steps as a file that Perfetto opens. */
import { Command } from "commander";
import type { TraceOptions } from "../actions/trace.js";
import { positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function traceCommand(io: Io): Command {
  return new Command("trace")
    .description("record training steps launch by launch on every thread, as a file for https://ui.perfetto.dev or chrome://tracing")
    .argument("<config>", "YAML file of `tetrad train`")
    .option("--out <file>", "where the trace goes", "trace.json")
    .option("--steps <n>", "how many steps to record", positiveInteger, 10)
    .addHelpText(
      "after",
      "\nExamples:\n  tetrad trace examples/iris/train.yaml\n  tetrad trace examples/iris/train.yaml --threads 2 --steps 3 --out iris-trace.json",
    )
    .action(async (path: string, options: TraceOptions, command: Command) =>
      (await import("../actions/trace.js")).traceAction(contextOf(command, io), path, options),
    );
}
