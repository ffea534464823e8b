/** `tetrad fit THEORY.yaml DATA.csv`: parameters with uncertainties, and which of several theories the data prefer. */
import { Command } from "commander";
import type { FitOptions } from "../actions/fit.js";
import { positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function fitCommand(io: Io): Command {
  return new Command("fit")
    .description("fit theories, written as formulas in YAML files, to a table of measurements")
    .usage("[options] <theory.yaml...> <data.csv>")
    .argument("<files...>", "one or more theory files, then the data: CSV, TSV, JSON lines or JSON with named columns")
    .option("--starts <n>", "how many points within the bounds to start from: the file's own, then others", positiveInteger, 1)
    .option("--report <file>", "write a report with charts as one HTML file")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: FitOptions, command: Command) => {
      const data = files.pop() as string;
      if (files.length === 0) command.error("error: name a theory file and a data file", { exitCode: 2 });
      await (await import("../actions/fit.js")).fitAction(contextOf(command, io), files, data, options);
    });
}

const EXAMPLES = `
Examples:
  tetrad fit examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv
  tetrad fit linear.yaml flat-lcdm.yaml curved-lcdm.yaml hz.csv     compare theories on the same data
  tetrad fit theory.yaml data.csv --report fit.html
  tetrad fit theory.yaml data.csv --json

A smallest theory:
  name: line
  model: a + b * x
  data: {x: x, y: y, error: sigma}
  parameters:
    a: {start: 0}
    b: {start: 1, bounds: [-10, 10]}`;
