/** `tetrad fit THEORY.yaml DATA.csv`: parameters with uncertainties, and which of several theories the data prefer. */
import type { FitMethod } from "@tetrad/theory";
import { Command, Option } from "commander";
import type { FitCommandOptions } from "../actions/fit.js";
import { positiveInteger, positiveNumber, wholeNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withDataFiles } from "./theory-options.js";

/** Written out, so that help need not load the theories. */
const METHODS = [
  "auto",
  "linear",
  "levenberg-marquardt",
  "lbfgs",
  "nelder-mead",
  "cma-es",
  "adam",
  "gradient-descent",
] as const satisfies readonly ("auto" | FitMethod)[];

export function fitCommand(io: Io): Command {
  const fit = new Command("fit")
    .description("fit theories, written as formulas in YAML files, to tables of measurements")
    .usage("[options] <theory.yaml...> [data.csv]")
    .argument(
      "<files...>",
      "one or more theory files, then the data: CSV, TSV, JSON, or columns of text; not needed where theories name their data",
    );
  return withDataFiles(fit)
    .addOption(new Option("--method <name>", "how the optimum is found").choices(METHODS).default("auto"))
    .option("--starts <n>", "how many points within the bounds to start from: the file's own, then Sobol' points", positiveInteger, 1)
    .option(
      "--weight-decay <lambda>",
      "adds λ/2 Σ θ² of the free parameters to −ln of likelihood × prior: a normal prior around 0 of width 1/√λ",
      positiveNumber,
    )
    .option("--seed <n>", "of the other starts and of cma-es", wholeNumber, 0)
    .option("--report <file>", "write a report with charts as one HTML file")
    .option("--plots <folder>", "write each chart of the report as a Vega-Lite specification, data inline")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: FitCommandOptions, command: Command) => {
      const data = /\.ya?ml$/i.test(files.at(-1) as string) ? undefined : files.pop();
      if (files.length === 0) command.error("error: name a theory file and a data file", { exitCode: 2 });
      await (await import("../actions/fit.js")).fitAction(contextOf(command, io), files, data, options);
    });
}

const EXAMPLES = `
Examples:
  tetrad fit examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv
  tetrad fit linear.yaml flat-lcdm.yaml curved-lcdm.yaml hz.csv     compare theories on the same data
  tetrad fit examples/supernovae/flat-lcdm.yaml --folder ../shared/data/cosmo-pantheon2018
  tetrad fit joint.yaml --data supernovae=sn.txt --data chronometers=hz.csv     data sets by name
  tetrad fit theory.yaml data.csv --method cma-es --starts 8 --report fit.html
  tetrad fit line.yaml data.csv --method gradient-descent --weight-decay 0.1     beside --method linear: its closed form
  tetrad fit theory.yaml data.csv --json

A smallest theory:
  name: line
  model: a + b * x
  data: {x: x, y: y, error: sigma}
  parameters:
    a: {start: 0}
    b: {start: 1, bounds: [-10, 10]}`;
