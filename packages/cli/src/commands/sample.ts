/** `tetrad sample THEORY.yaml DATA.csv`: the whole posterior of a theory's parameters, by chains, nested sampling or approximations. */
import { Command, Option } from "commander";
import type { SampleCommandOptions } from "../actions/sample.js";
import { positiveInteger, positiveNumber, share, wholeNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { SamplerName } from "../sampling/plan.js";
import type { Io } from "../terminal.js";
import { withTheory } from "./theory-options.js";

/** Written out, so that help need not load the samplers. */
const SAMPLERS = ["nuts", "hmc", "metropolis", "ensemble", "nested", "laplace", "variational"] as const satisfies readonly SamplerName[];

export function sampleCommand(io: Io): Command {
  return withTheory(
    new Command("sample").description(
      "sample the posterior of a theory's parameters: chains, with a verdict on whether they have converged",
    ),
  )
    .addOption(new Option("--sampler <name>", "how").choices(SAMPLERS).default("nuts"))
    .option("--chains <n>", "independent chains", positiveInteger, 4)
    .option("--warmup <n>", "iterations of each chain that adapt and are thrown away", wholeNumber, 1000)
    .option("--draws <n>", "iterations of each chain that are kept", positiveInteger, 1000)
    .option("--seed <n>", "the same seed gives the same draws, whatever the number of workers", wholeNumber, 0)
    .option("--workers <n>", "chains that run side by side (default: one a processor)", positiveInteger)
    .option("--out <folder>", "folder of the chains (default: named after the theory)")
    .option("--resume", "go on with an interrupted run")
    .option("--report <file>", "another place for the report than report.html in the folder")
    .option("--plots <folder>", "write each chart of the report as a Vega-Lite specification, data inline")
    .option("--target-acceptance <p>", "nuts, hmc: acceptance that steps are tuned for; higher for sharp bends", share)
    .addOption(
      new Option("--metric <kind>", "nuts, hmc: learn scales, or correlations too (default: diagonal)").choices(["diagonal", "dense"]),
    )
    .option("--max-depth <n>", "nuts: at most 2^n steps a trajectory (default: 10)", positiveInteger)
    .option("--time <t>", "hmc: length of trajectories in standard deviations (default: π/2)", positiveNumber)
    .option("--walkers <n>", "ensemble: walkers of each chain, even", positiveInteger)
    .option("--thin <n>", "metropolis, ensemble: steps an iteration", positiveInteger)
    .option("--live <n>", "nested: live points; the error of ln Z falls as one over its root (default: 400)", positiveInteger)
    .option("--steps <n>", "nested: slice steps to a new point (default: 5 for each parameter)", positiveInteger)
    .addOption(
      new Option("--family <name>", "variational: a Gaussian without or with correlations, or one bent by a normalising flow")
        .choices(["mean-field", "full-rank", "flow"])
        .default("full-rank"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (theory: string, data: string | undefined, _: SampleCommandOptions, command: Command) =>
      (await import("../actions/sample.js")).sampleAction(contextOf(command, io), theory, data, command.optsWithGlobals()),
    );
}

const EXAMPLES = `
Examples:
  tetrad sample examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv --out chains
  tetrad sample theory.yaml data.csv --chains 4 --warmup 1000 --draws 1000 --seed 0 --workers 2
  tetrad sample examples/supernovae/joint-w0wa.yaml --folder ../shared/data/cosmo-pantheon2018
  tetrad sample theory.yaml data.csv --sampler nested --live 800       evidence, ln Z with its error
  tetrad sample theory.yaml data.csv --out chains --resume             after Ctrl-C

The folder gets draws.parquet, GetDist's text files, summary.json and report.html.
Exit code 3: the chains have not converged (r̂ above 1.01, or fewer than 400 effective draws); their files are written all the same.`;
