/** Measures of how good predictions are. */

export {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
  type PairedComparison,
  pairedBootstrap,
  quantile,
  type Statistic,
} from "./bootstrap.js";
export {
  type Average,
  accuracy,
  averageScores,
  balancedAccuracy,
  type ClassScore,
  classScores,
  cohenKappa,
  confusionMatrix,
  type Label,
  labelsOf,
  matthewsCorrelation,
  type ScoreOptions,
} from "./classification.js";
export { pearson, spearman } from "./correlation.js";
export {
  averagePrecision,
  type MulticlassAucOptions,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocAuc,
  rocAucMulticlass,
  rocAucPerClass,
  rocCurve,
} from "./curves.js";
export { type McNemar, mcnemar } from "./mcnemar.js";
export { type MultiLabelScores, multiLabelReport, multiLabelScores } from "./multi-label.js";
export {
  brierScore,
  brierScoreMulticlass,
  type Calibration,
  type CalibrationBin,
  calibration,
  logLoss,
  topKAccuracy,
} from "./probability.js";
export { type RegressionMetrics, regressionMetrics } from "./regression.js";
export { classificationReport, type ReportOptions, type ScoreRow, scoreTable } from "./report.js";
