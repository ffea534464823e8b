/** The work of `tetrad demo`: what Tetrad does, from measured data to a report, in about a minute. */
import { join } from "node:path";
import { type Engine, type FitProgress, writeFileAtomic } from "@tetrad/engine";
import type { Context } from "../context.js";
import { demoReport, regressionOf } from "../demo/demo-report.js";
import { type Emulator, type LinearCoefficients, linearCoefficients, trainEmulator, writeHeldOut } from "../demo/emulators.js";
import { fitExpansion } from "../demo/fits.js";
import { predictElsewhere } from "../demo/second-process.js";
import { type Universes, writeUniverses } from "../demo/universes.js";
import { comparisonText, fitText } from "../fit-text.js";
import { interruptible } from "../interrupt.js";
import { aligned, counted, percent, short } from "../numbers.js";
import { duration } from "../progress.js";
import type { Terminal } from "../terminal.js";

/** What the network has to reach on universes that it has never seen. */
const GOAL = { median: 0.003, largest: 0.02 };

export async function demoAction({ terminal, withEngine }: Context, out: string): Promise<void> {
  await interruptible((signal) => withEngine((engine) => demonstrate(terminal, engine, out, signal)));
}

async function demonstrate(terminal: Terminal, engine: Engine, out: string, signal: AbortSignal): Promise<void> {
  const begin = performance.now();
  const { bold, dim } = terminal.colors;
  const description = engine.describe();
  terminal.say(
    `${bold("The machine")}\n  ${description.backend}, build ${description.build}, up to ${counted(description.threads, "thread")}: ${description.why}\n`,
  );

  terminal.say(bold("Three theories of the expansion rate, fitted to 31 measurements\n"));
  const fits = await fitExpansion(engine);
  const results = fits.fitted.map(({ fit }) => fit);
  terminal.say(
    `${results.map((fit) => fitText(fit, terminal.colors)).join("\n\n")}\n\n${comparisonText(results, fits.comparison, terminal.colors)}\n`,
  );

  terminal.say(bold("The age of the universe, learnt\n"));
  const universes = await writeUniverses(out);
  terminal.say(
    `  ${universes.count} universes and their ages, computed in ${duration(universes.seconds)}; left out because they bounce: ${universes.bounced}`,
  );
  const emulator = async (name: "linear" | "network", label: string): Promise<Emulator> => {
    const progress = terminal.progress(`  ${label}`);
    const onProgress = (p: FitProgress): void =>
      progress.update(p.step / p.steps, `epoch ${Math.min(p.epoch + 1, p.epochs)}/${p.epochs} loss ${p.loss.toExponential(2)}`);
    return trainEmulator({ engine, config: universes.configs[name], model: join(out, name), signal, onProgress }).finally(() =>
      progress.end(),
    );
  };
  const linear = await emulator("linear", "linear theory ");
  const network = await emulator("network", "network 4-64-32-1");
  const coefficients = await linearCoefficients(engine, linear);
  terminal.say(emulatorText(linear, network, coefficients));

  const heldOut = await writeHeldOut(out, network.prepared);
  const difference = Math.max(await distance(linear, heldOut), await distance(network, heldOut));
  terminal.say(
    `\n${bold("Saved, loaded and used by a second process")}\n  ${linear.model} and ${network.model}: the same ${network.prepared.split.test.length} ages again, largest difference ${difference}\n`,
  );

  const report = join(out, "report.html");
  await writeFileAtomic(report, demoReport({ fits, universes, linear, network, coefficients, engine: description }));
  const seconds = (performance.now() - begin) / 1000;
  const [a, b] = [regressionOf(linear), regressionOf(network)];
  const goals = {
    medianRelativeError: b.medianRelativeError <= GOAL.median,
    maxRelativeError: b.maxRelativeError <= GOAL.largest,
    secondProcessAgrees: difference === 0,
  };
  const text = [
    `${bold("Report:")} ${report}   ${dim("(one file; open it in a browser)")}`,
    `Done in ${duration(seconds)}. Try: npx tetrad predict ${network.model} ${heldOut}`,
    ...(goals.medianRelativeError && goals.maxRelativeError
      ? []
      : [`The network missed its goal of ${percent(GOAL.median)} in the median and ${percent(GOAL.largest)} at most.`]),
  ].join("\n");
  terminal.result(text, {
    engine: description,
    fits: results,
    comparison: fits.comparison,
    universes: counts(universes),
    linear: { ...facts(linear), coefficients },
    network: facts(network),
    errors: { linear: a, network: b },
    secondProcess: { largestDifference: difference },
    goals,
    report,
    seconds,
  });
}

function counts({ count, bounced }: Universes): { count: number; bounced: number } {
  return { count, bounced };
}

function facts({ model, outcome, seconds }: Emulator): object {
  const { parameters, steps, microsecondsPerStep, placement, history } = outcome;
  return { model, parameters, steps, microsecondsPerStep, placement, seconds, finalLoss: history.loss.at(-1) };
}

/** Largest difference between this process's predictions and another's. */
async function distance({ model, outcome }: Emulator, data: string): Promise<number> {
  const here = outcome.test?.predictions.predicted as readonly number[];
  const there = await predictElsewhere(model, data);
  return here.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (there[i] as number))),
    there.length === here.length ? 0 : Number.POSITIVE_INFINITY,
  );
}

function emulatorText(linear: Emulator, network: Emulator, { names, descent, closedForm, lambda }: LinearCoefficients): string {
  const [a, b] = [regressionOf(linear), regressionOf(network)];
  const errors = aligned([
    ["on universes kept aside", "linear theory", "network"],
    ["median relative error", percent(a.medianRelativeError), percent(b.medianRelativeError)],
    ["largest relative error", percent(a.maxRelativeError), percent(b.maxRelativeError)],
    ["root mean square error", `${short(a.rmse)} Gyr`, `${short(b.rmse)} Gyr`],
    ["µs a step", linear.outcome.microsecondsPerStep.toFixed(1), network.outcome.microsecondsPerStep.toFixed(1)],
    [
      "steps, rows in each",
      `${linear.outcome.steps} × ${linear.prepared.split.train.length}`,
      `${network.outcome.steps} × ${network.config.batchSize}`,
    ],
  ]);
  const theory = aligned([
    ["age = a·x1 + b·x2 + c·x3 + d·x4 + e", "gradient descent", `closed form, λ = ${lambda}`],
    ...names.map((name, i) => [
      `${"abcde"[i]}  ${name === "1" ? "" : `x${i + 1} = ${name}`}`.trim(),
      (descent[i] as number).toFixed(4),
      (closedForm[i] as number).toFixed(4),
    ]),
  ]);
  return ["", ...theory, "", ...errors, "", `network: ${network.outcome.placement}`]
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}
