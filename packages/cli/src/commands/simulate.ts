/** `tetrad simulate THEORY.yaml DATA.csv`: data that a theory could have produced, to test whether a fit finds what went in. */
import { Command, InvalidArgumentError } from "commander";
import type { SimulateCommandOptions } from "../actions/simulate.js";
import { wholeNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withTheory } from "./theory-options.js";

export function simulateCommand(io: Io): Command {
  return withTheory(
    new Command("simulate").description(
      "draw synthetic data from a theory: the model at given parameters, with errors from its likelihood",
    ),
    "data whose x and errors are kept",
  )
    .option("--set <name=value>", "a parameter's true value, its start otherwise; may be repeated", parameterValue, {})
    .option("--seed <n>", "the same seed gives the same data", wholeNumber, 0)
    .requiredOption("--out <path>", "a CSV file, or a folder of one for each of several data sets")
    .addHelpText("after", EXAMPLES)
    .action(async (theory: string, data: string | undefined, options: SimulateCommandOptions, command: Command) =>
      (await import("../actions/simulate.js")).simulateAction(contextOf(command, io), theory, data, options),
    );
}

function parameterValue(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [name = "", value = "", ...rest] = text.split("=");
  if (name === "" || value.trim() === "" || rest.length > 0 || !Number.isFinite(Number(value)))
    throw new InvalidArgumentError("It must be NAME=NUMBER.");
  return { ...before, [name]: Number(value) };
}

const EXAMPLES = `
Examples:
  tetrad simulate examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv --set Om=0.3 --set H0=70 --seed 1 --out synthetic.csv
  tetrad fit examples/cosmic-chronometers/flat-lcdm.yaml synthetic.csv
  tetrad simulate joint.yaml --folder data --out synthetic               a CSV file for each data set of the theory`;
