/** `tetrad explore THEORY.yaml DATA.csv`: where in its parameters a theory can live. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { ExploreCommandOptions } from "../actions/explore.js";
import { positiveInteger, positiveNumber, share, wholeNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withTheory } from "./theory-options.js";

/** Written out, so that help need not load the theories. */
const METHODS = ["grid", "lhs", "sobol", "profile", "sensitivity", "boundary", "optimise", "design", "region"] as const;

export function exploreCommand(io: Io): Command {
  return withTheory(
    new Command("explore").description(
      "map a theory's parameters: scans, profiles, sensitivity, where a condition holds, what to measure next",
    ),
  )
    .addOption(new Option("--method <name>", "what to do").choices(METHODS).default("sobol"))
    .option(
      "--points <n>",
      "scans: how many points; sensitivity: base points, a power of two; profile, region: points a curve; design: candidates",
      positiveInteger,
    )
    .option("--range <name=low:high>", "where to explore a parameter, its bounds otherwise; may be repeated", namedRange, {})
    .option("--of <names>", "profile, design, region: these parameters only, between commas", names)
    .option("--condition <text>", 'boundary: what holds on one side, "age > 13" say, of parameters, constants, derived quantities and chi2')
    .option("--evaluations <n>", "boundary, optimise: how often the theory may be asked", positiveInteger)
    .option(
      "--x <name=low:high>",
      "design: where the next measurement may be taken, the data's own span otherwise; may be repeated",
      namedRange,
      {},
    )
    .option("--set <name>", "design: which of several data sets gets the measurement")
    .option("--error <sd>", "design: error of the next measurement (default: that of the nearest datum)", positiveNumber)
    .option("--toys <n>", "region: simulated experiments at each value, 50 at least (default: 300)", positiveInteger)
    .option("--level <p>", "region: confidence level", share, 0.6827)
    .option("--seed <n>", "the same seed gives the same result", wholeNumber, 0)
    .option("--starts <n>", "profile, design, region: starts of the fit they begin with", positiveInteger, 1)
    .option("--out <file>", "the points with likelihood and derived quantities: .csv or .parquet")
    .option("--report <file>", "write a report with charts as one HTML file")
    .option("--plots <folder>", "write each chart of the report as a Vega-Lite specification, data inline")
    .addHelpText("after", EXAMPLES)
    .action(async (theory: string, data: string | undefined, options: ExploreCommandOptions, command: Command) =>
      (await import("../actions/explore.js")).exploreAction(contextOf(command, io), theory, data, options),
    );
}

function namedRange(text: string, before: Readonly<Record<string, [number, number]>>): Record<string, [number, number]> {
  const [name = "", span = "", ...rest] = text.split("=");
  const ends = span.split(":").map((end) => (end.trim() === "" ? Number.NaN : Number(end)));
  const [low, high] = ends;
  if (name === "" || rest.length > 0 || ends.length !== 2 || !(Number(low) < Number(high)) || !ends.every(Number.isFinite))
    throw new InvalidArgumentError("It must be NAME=LOW:HIGH, Om=0.1:0.5 say.");
  return { ...before, [name]: [Number(low), Number(high)] };
}

function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.some((name) => name === "")) throw new InvalidArgumentError("It must be names between commas.");
  return list;
}

const EXAMPLES = `
Examples:
  tetrad explore theory.yaml data.csv --method grid --points 10000 --report map.html
  tetrad explore theory.yaml data.csv --method sobol --points 1000000 --range Om=0.1:0.6 --out points.parquet
  tetrad explore theory.yaml data.csv --method profile                      intervals at Δχ² = 1 and 4, errors of both sides
  tetrad explore theory.yaml data.csv --method sensitivity --points 4096    which parameter matters for χ² and derived quantities
  tetrad explore theory.yaml data.csv --method boundary --condition "age > 13" --report boundary.html
  tetrad explore theory.yaml data.csv --method optimise --evaluations 60    without gradients, few questions
  tetrad explore theory.yaml data.csv --method design --x z=0:2.5           which measurement next
  tetrad explore theory.yaml data.csv --method region --of Om --toys 500    confidence by simulated experiments

Scans compute many points at once, a million of H(z) in a few seconds. Every method but profile, design and region needs bounds in the file, or --range.`;
