/** `tetrad demo`: what Tetrad does, from measured data to a report, in about a minute. */
import { Command } from "commander";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function demoCommand(io: Io): Command {
  return new Command("demo")
    .description("fit three theories to measured expansion rates, learn the age of the universe, and write a report")
    .option("--out <folder>", "where models, data and the report go", "demo-output")
    .addHelpText("after", "\nExamples:\n  tetrad demo\n  tetrad demo --out /tmp/demo --json")
    .action(async ({ out }: { out: string }, command: Command) =>
      (await import("../actions/demo.js")).demoAction(contextOf(command, io), out),
    );
}
