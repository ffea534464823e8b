/** Report of a training run: how the loss fell, and how good the predictions are. */
import type { TrainConfig } from "../config/train-config.js";
import { percent } from "../numbers.js";
import type { Result } from "../training/evaluate.js";
import type { Prepared } from "../training/prepare.js";
import type { TrainOutcome } from "../training/train.js";
import { page, type ReportTable, type Section } from "./page.js";
import { errorHistogram, lossChart, predictedAgainstTrue } from "./training-charts.js";

export interface TrainReport {
  readonly config: TrainConfig;
  readonly prepared: Prepared;
  readonly outcome: TrainOutcome;
}

export function trainReport({ config, prepared, outcome }: TrainReport): string {
  const { train, validation, test } = prepared.split;
  const inputs = prepared.preprocessing.inputs.map(({ name }) => name);
  const lead = `${config.target} predicted from ${inputs.join(", ")}: ${outcome.parameters} parameters, trained on ${train.length} rows of ${config.data}, ${validation.length} to validate, ${test.length} to test.`;
  const sections: Section[] = [
    {
      title: "Training",
      paragraphs: [...prepared.notes],
      figures: [
        lossChart([
          { label: "training", values: outcome.history.loss, series: "s1" },
          { label: "validation", values: outcome.history.validationLoss, series: "s2" },
        ]),
      ],
    },
  ];
  if (outcome.test !== undefined) sections.push(testSection(config.target, outcome.test));
  return page(`${config.target} from ${config.data}`, lead, sections);
}

function testSection(target: string, { actual, predictions, result }: NonNullable<TrainOutcome["test"]>): Section {
  if (result.task === "classification")
    return {
      title: "Held-out rows",
      tables: [confusionTable(result)],
      paragraphs: [`${percent(result.accuracy)} of ${result.count} rows are labelled rightly.`],
    };
  const predicted = predictions.predicted as readonly number[];
  const series = [{ label: "network", predicted, series: "s1" as const }];
  return {
    title: "Held-out rows",
    paragraphs: [
      `R² = ${result.r2.toFixed(5)}; relative error ${percent(result.medianRelativeError)} in the median, ${percent(result.maxRelativeError)} at most.`,
    ],
    figures: [
      predictedAgainstTrue(target, actual as readonly number[], series),
      errorHistogram(target, actual as readonly number[], series),
    ],
  };
}

function confusionTable(result: Extract<Result, { task: "classification" }>): ReportTable {
  return {
    caption: "How many rows of each true label (down) got which label (across)",
    header: ["true label", ...result.labels],
    rows: result.labels.map((label, i) => [label, ...(result.confusion[i] as readonly number[]).map(String)]),
  };
}
