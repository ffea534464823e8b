/** Measures of how good predictions are. */

export {
  type Average,
  accuracy,
  averageScores,
  balancedAccuracy,
  type ClassScore,
  classScores,
  confusionMatrix,
  type Label,
  labelsOf,
  matthewsCorrelation,
  type ScoreOptions,
} from "./classification.js";
export { type RegressionMetrics, regressionMetrics } from "./regression.js";
export { classificationReport, type ReportOptions, type ScoreRow, scoreTable } from "./report.js";
