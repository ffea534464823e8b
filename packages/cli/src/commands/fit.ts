/** `tetrad fit THEORY.yaml DATA.csv`: parameters with uncertainties, and which of several theories the data prefer. */
import { readBytes, readTable, writeFileAtomic } from "@tetrad/engine";
import { compareTheories, fitTheory, loadTheories } from "@tetrad/theory";
import { Command } from "commander";
import { comparisonText, fitText } from "../fit-text.js";
import { type FittedTheory, fitSections } from "../report/fit-sections.js";
import { page } from "../report/page.js";
import type { Io } from "../terminal.js";
import { contextOf } from "./context.js";

interface FitOptions {
  readonly starts?: string;
  readonly report?: string;
}

export function fitCommand(io: Io): Command {
  return new Command("fit")
    .description("fit theories, written as formulas in YAML files, to a table of measurements")
    .usage("[options] <theory.yaml...> <data.csv>")
    .argument("<files...>", "one or more theory files, then the data: CSV, TSV, JSON lines or JSON with named columns")
    .option("--starts <n>", "how many points of the parameters' bounds to start from (default: 1, the file's own)", "1")
    .option("--report <file>", "write a report with charts as one HTML file")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: FitOptions, command: Command) => {
      const data = files.pop() as string;
      const starts = Number(options.starts);
      if (files.length === 0) command.error("error: name a theory file and a data file", { exitCode: 2 });
      if (!Number.isInteger(starts) || starts < 1) command.error("error: --starts must be a whole number above 0", { exitCode: 2 });
      const { terminal, withEngine } = contextOf(command, io);
      const theories = (await Promise.all(files.map((file) => loadTheories(file)))).flat();
      const table = readTable(await readBytes(data), data);
      const fitted = await withEngine(async (engine) => {
        const all: FittedTheory[] = [];
        for (const theory of theories) all.push({ theory, fit: await fitTheory(engine, theory, table, { starts }) });
        return all;
      });
      const fits = fitted.map(({ fit }) => fit);
      const comparison = fits.length > 1 ? compareTheories(fits) : undefined;
      if (options.report !== undefined) {
        const lead = `${theories.map(({ title }) => title).join(", ")}, fitted to the ${table.rows.length} rows of ${data}.`;
        await writeFileAtomic(options.report, page(`Fits to ${data}`, lead, fitSections(fitted, comparison)));
      }
      const text = [
        ...fits.map((fit) => fitText(fit, terminal.colors)),
        ...(comparison === undefined ? [] : [comparisonText(fits, comparison, terminal.colors)]),
      ].join("\n\n");
      terminal.result(text, { fits, comparison: comparison ?? null, report: options.report ?? null });
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
