/** The demonstration's report: the fits, the two emulators side by side, and the machine. */
import type { EngineDescription } from "@tetrad/engine";
import { measured, percent, short } from "../numbers.js";
import { fitSections } from "../report/fit-sections.js";
import { page, type Section } from "../report/page.js";
import { errorSizes, lossChart, predictedAgainstTrue } from "../report/training-charts.js";
import type { RegressionResult } from "../training/evaluate.js";
import type { Emulator, LinearCoefficients } from "./emulators.js";
import type { DemoFits } from "./fits.js";
import type { Universes } from "./universes.js";

export interface DemoFacts {
  readonly fits: DemoFits;
  readonly universes: Universes;
  readonly linear: Emulator;
  readonly network: Emulator;
  readonly coefficients: LinearCoefficients;
  readonly engine: EngineDescription;
}

export function regressionOf({ outcome }: Emulator): RegressionResult {
  return outcome.test?.result as RegressionResult;
}

export function demoReport(facts: DemoFacts): string {
  const { fits, universes, network } = facts;
  const best = fits.comparison.aic[0]?.theory;
  const flat = fits.fitted.find(({ fit }) => fit.theory === "flat-lcdm")?.fit;
  const om = flat?.parameters.find(({ name }) => name === "Om");
  const lead = `Three theories fitted to 31 measured expansion rates (${best} is preferred; flat ΛCDM: Ωm = ${om === undefined ? "–" : measured(om.value, om.uncertainty)}), and the age of the universe learnt from ${universes.count} computed ones to ${percent(regressionOf(network).medianRelativeError)}.`;
  return page("Tetrad: a demonstration", lead, [
    ...fitSections(fits.fitted, fits.comparison),
    emulatorSection(facts),
    machineSection(facts),
  ]);
}

function emulatorSection({ universes, linear, network, coefficients }: DemoFacts): Section {
  const test = network.outcome.test as NonNullable<Emulator["outcome"]["test"]>;
  const actual = test.actual as readonly number[];
  const series = [
    { label: "linear theory", predicted: linear.outcome.test?.predictions.predicted as readonly number[], series: "s2" as const },
    { label: "network 4-64-32-1", predicted: test.predictions.predicted as readonly number[], series: "s1" as const },
  ];
  const [a, b] = [regressionOf(linear), regressionOf(network)];
  return {
    title: "The age of the universe, learnt",
    paragraphs: [
      "H² = H0² [(G/G0)(Ωm a⁻³ + ΩΛ) + Ωk a⁻²] with H0 = 70 km/s/Mpc; the four numbers G/G0, Ωm, ΩΛ and Ωk are drawn independently, and the age is computed by integration. " +
        `${universes.bounced} of ${universes.count + universes.bounced} universes would have bounced instead of beginning, and were left out. ${actual.length} universes were kept aside; neither model has seen them.`,
    ],
    tables: [
      {
        caption: "Errors on the universes kept aside",
        header: ["", "linear theory", "network"],
        rows: [
          ["median relative error", percent(a.medianRelativeError), percent(b.medianRelativeError)],
          ["largest relative error", percent(a.maxRelativeError), percent(b.maxRelativeError)],
          ["root mean square error (10⁹ years)", short(a.rmse), short(b.rmse)],
          ["R²", a.r2.toFixed(5), b.r2.toFixed(7)],
          ["parameters", String(linear.outcome.parameters), String(network.outcome.parameters)],
        ],
      },
      {
        caption: `The linear theory: gradient descent with weight decay λ = ${coefficients.lambda} on standardised columns, beside its closed form`,
        header: ["coefficient of", "gradient descent", "closed form"],
        rows: coefficients.names.map((name, i) => [
          name,
          (coefficients.descent[i] as number).toFixed(4),
          (coefficients.closedForm[i] as number).toFixed(4),
        ]),
      },
    ],
    figures: [
      lossChart(
        [
          { label: "network, training", values: network.outcome.history.loss, series: "s1" },
          { label: "network, validation", values: network.outcome.history.validationLoss, series: "s3" },
          { label: "linear theory", values: linear.outcome.history.loss.slice(0, network.outcome.history.loss.length), series: "s2" },
        ],
        "How the loss fell",
      ),
      predictedAgainstTrue("age (10⁹ years)", actual, series),
      errorSizes(actual, series),
    ],
  };
}

function machineSection({ engine, linear, network, fits }: DemoFacts): Section {
  return {
    title: "The machine",
    paragraphs: [engine.why],
    tables: [
      {
        caption: "Speed in this run",
        header: ["", ""],
        rows: [
          ["backend", `${engine.backend}, build ${engine.build}`],
          ["network", `${network.outcome.microsecondsPerStep.toFixed(1)} µs a step of 32 rows; ${network.outcome.placement}`],
          [
            "linear theory",
            `${linear.outcome.microsecondsPerStep.toFixed(1)} µs a step of ${linear.prepared.split.train.length} rows; ${linear.outcome.placement}`,
          ],
          ["fits", fits.fitted.map(({ fit }) => `${fit.title} ${fit.milliseconds.fit.toFixed(1)} ms`).join(", ")],
        ],
      },
    ],
  };
}
