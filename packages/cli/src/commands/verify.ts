/** `tetrad verify THEORY.yaml DATA.csv`: what can be held against a theory, each check with its number. */
import { Command } from "commander";
import type { VerifyCommandOptions } from "../actions/verify.js";
import { wholeNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withTheory } from "./theory-options.js";

export function verifyCommand(io: Io): Command {
  return withTheory(
    new Command("verify").description(
      "check a theory against its data and itself: a verdict in plain words for each check, with its number",
    ),
  )
    .option("--draws <n>", "kept draws of each of four chains; 0 leaves out what needs a posterior", wholeNumber, 1000)
    .option("--fits <n>", "synthetic data sets to recover the parameters from; 0 for none", wholeNumber, 40)
    .option("--folds <n>", "parts of the data, each predicted from the others; 0 for none", wholeNumber, 5)
    .option("--seed <n>", "the same seed gives the same verdicts", wholeNumber, 0)
    .option("--report <file>", "write a report with charts as one HTML file")
    .option("--plots <folder>", "write each chart of the report as a Vega-Lite specification, data inline")
    .addHelpText("after", EXAMPLES)
    .action(async (theory: string, data: string | undefined, options: VerifyCommandOptions, command: Command) =>
      (await import("../actions/verify.js")).verifyAction(contextOf(command, io), theory, data, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad verify examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv
  tetrad verify theory.yaml data.csv --report verify.html
  tetrad verify theory.yaml data.csv --draws 0 --fits 0     only what a fit can tell, at once
  tetrad verify theory.yaml data.csv --json

Exit code 3: a check has failed (p below 0.001, slopes that are wrong, parameters that the data leave open, chains that do not converge).
A doubtful check (p below 0.05) is told and fails nothing.`;
