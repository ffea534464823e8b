/** Physical theories: read from text, differentiated, fitted to data, compared. */

export { type Comparison, compareTheories, type Ranked } from "./compare.js";
export {
  age,
  angularDistance,
  type Cosmology,
  type CosmologyFunction,
  comovingDistance,
  comovingVolume,
  distanceModulus,
  dragRedshift,
  fSigma8,
  growthFactor,
  growthRate,
  hubble,
  lookbackTime,
  luminosityDistance,
  powerBbks,
  powerEisensteinHu,
  powerNoWiggle,
  sigma8Bbks,
  sigma8EisensteinHu,
  soundHorizon,
  soundHorizonEisensteinHu,
  soundHorizonFit,
  transverseDistance,
  volumeDistance,
} from "./cosmology/functions.js";
export { cosmologyLibrary } from "./cosmology/library.js";
export {
  ageOfUniverse,
  bounces,
  DEFAULT_RANGES,
  GYR_S,
  MPC_KM,
  sampleUniverses,
  type Universe,
  type UniverseRanges,
  type UniverseSample,
} from "./cosmology/universe.js";
export { type Covariance, parseCovariance } from "./covariance.js";
export { type Criteria, criteria } from "./criteria.js";
export { DENSITY_CELLS, type DensityAxis, density1d, density2d, densityAxis, densityLevel } from "./diagnose/density.js";
export {
  bulkEffectiveSize,
  deviationError,
  effectiveSize,
  meanError,
  quantileEffectiveSize,
  tailEffectiveSize,
} from "./diagnose/effective.js";
export { normalCumulative, normalQuantile } from "./diagnose/normal.js";
export { type Chains, pooled, quantile, ranks } from "./diagnose/ranks.js";
export { potentialScaleReduction, rankRhat } from "./diagnose/rhat.js";
export {
  ESS_LIMIT,
  judge,
  type QuantitySummary,
  RHAT_LIMIT,
  SUMMARY_QUANTILES,
  summarise,
  summariseDraws,
  type Verdict,
} from "./diagnose/summary.js";
export { type BatchResult, createBatch, PointBatch } from "./explore/batch.js";
export { type BayesianOptions, type BayesianResult, bayesianOptimum } from "./explore/bayesian-optimum.js";
export { type BoundaryOptions, type BoundaryResult, findBoundary } from "./explore/boundary.js";
export { type Condition, chi2At, parseCondition } from "./explore/condition.js";
export { type Design, type DesignOptions, designNext } from "./explore/design.js";
export { type Belief, GaussianProcess } from "./explore/gaussian-process.js";
export { paretoFront, type SetLikelihood, setLikelihoods } from "./explore/pareto.js";
export {
  PROFILE_RISES,
  type Profile,
  type ProfileInterval,
  type ProfileOptions,
  type ProfileResult,
  profileLikelihood,
} from "./explore/profile.js";
export { exploredBox, intoBox, type Ranges } from "./explore/region.js";
export { SCAN_DESIGNS, type ScanDesign, type ScanOptions, type ScanResult, scan } from "./explore/scan.js";
export { type Sensitivity, type SensitivityIndex, type SensitivityOptions, sobolIndices } from "./explore/sensitivity.js";
export { type RegionOptions, type RegionResult, simulatedRegion } from "./explore/simulated-region.js";
export { type Breakdown, type Environment, evaluate, findBreakdown } from "./expression/evaluate.js";
export { toGraph } from "./expression/graph.js";
export { type Definition, parseExpression, type Scope } from "./expression/parse.js";
export { gaussLegendre, type Rule } from "./expression/quadrature.js";
export type { ExpressionText } from "./expression/text.js";
export { type Expression, formatExpression, namesIn } from "./expression/tree.js";
export { type DerivedValue, type FitOptions, type FitResult, type FittedParameter, fitLikelihood, fitTheory } from "./fit.js";
export {
  type CompiledFunction,
  type Curvature,
  createLikelihood,
  type FunctionEngine,
  Likelihood,
  type Observed,
  observeAll,
  type TheoryData,
} from "./likelihood.js";
export { type LoadOptions, loadTheories } from "./load.js";
export { cauchyLoss, huberLoss, type Loss, lossOf, softL1Loss, studentLoss } from "./loss.js";
export { type AugmentedOptions, type AugmentedResult, augmentedLagrangian, type Margins } from "./minimise/augmented-lagrangian.js";
export type { BoundOptions } from "./minimise/bounds.js";
export { cmaEs } from "./minimise/cma-es.js";
export type { DirectOptions, DirectResult } from "./minimise/direct.js";
export { type LbfgsOptions, type LbfgsResult, type LbfgsStatus, lbfgs, type ValueAndGradient } from "./minimise/lbfgs.js";
export {
  type LeastSquaresOptions,
  type LeastSquaresResult,
  type LeastSquaresStatus,
  levenbergMarquardt,
  type Residuals,
} from "./minimise/levenberg-marquardt.js";
export { nelderMead } from "./minimise/nelder-mead.js";
export { withLoss } from "./minimise/robust.js";
export { sobol } from "./minimise/sobol.js";
export { type Columns, type DataSource, type Observations, observe } from "./observations.js";
export { FIT_METHODS, type FitMethod } from "./optimum.js";
export { type Prediction, predict } from "./predict.js";
export type { NamedFile, TheoryFileOptions } from "./read-theories.js";
export { type DataFormat, isTabular, readDataText } from "./readers.js";
export type { Approximation, ApproximationOptions } from "./sample/approximation.js";
export { Chain, type ChainDraws, type ChainState, type ChainTarget } from "./sample/chain.js";
export { ChainRandom } from "./sample/chain-random.js";
export { chainTable, type DrawColumn, type DrawTable, quantityColumns } from "./sample/draw-table.js";
export { getdistFiles, type TextFile } from "./sample/getdist.js";
export { type LaplaceResult, laplace } from "./sample/laplace.js";
export type { LogDensity } from "./sample/log-density.js";
export { type NestedOptions, type NestedResult, NestedSampler, type NestedTarget, resample } from "./sample/nested.js";
export { CHAIN_SAMPLERS, type ChainOptions, type ChainSampler } from "./sample/options.js";
export {
  coordinate,
  energyFraction,
  type SampleOptions,
  type SampleResult,
  sampleChains,
  sampleTheory,
  statistic,
  summariseChains,
} from "./sample/sample.js";
export type { SamplerState } from "./sample/sampler.js";
export { chainTarget, derivedDraws, logPriorVolume, nestedTarget, type Posterior, posteriorDensity } from "./sample/theory-target.js";
export { type Support, Transform } from "./sample/transform.js";
export { type VariationalOptions, type VariationalResult, variational } from "./sample/variational.js";
export type { Nuisance, Points, SetFit } from "./set-fit.js";
export { type SimulateOptions, simulate } from "./simulate.js";
export { chiSquareSurvival, erf, incompleteGamma } from "./special.js";
export {
  type Constraint,
  type DataColumns,
  type DataSet,
  type Derived,
  freeParameters,
  type Limit,
  type Noise,
  type Parameter,
  type Prior,
  parameterValues,
  ROBUST_LOSSES,
  type RobustLoss,
  type Theory,
} from "./theory.js";
export { covarianceFile, namedFiles, parseTheories, parseTheory } from "./theory-file.js";
export { theoriesOf } from "./theory-object.js";
export { formatUnit, parseUnit, type Unit } from "./units/unit.js";
export { DOUBTFUL_BELOW, FAILS_BELOW, type Finding, type Outcome } from "./verify/finding.js";
export { type FoldPrediction, predictFolds } from "./verify/folds.js";
export { checkGradients, GRADIENT_TOLERANCE, type GradientCheck } from "./verify/gradients.js";
export { type Direction, type Identifiability, identifiability } from "./verify/identifiability.js";
export { type Dic, dic, type LeaveOneOut, leaveOneOut, type PointwiseDraws, type PredictiveEstimate, waic } from "./verify/information.js";
export { checkLimit, type LimitCheck } from "./verify/limits.js";
export { andersonDarling, type NormalityTest } from "./verify/normality.js";
export { largestOutlier, type Outlier } from "./verify/outlier.js";
export { type ModelDraws, modelDraws, pointwiseDraws } from "./verify/pointwise.js";
export type { InformationCriteria } from "./verify/posterior.js";
export { checkReplicas, type PredictiveCheck, type ReplicaTest } from "./verify/predictive.js";
export { fitPareto, paretoSmooth, type SmoothedWeights } from "./verify/psis.js";
export { type RecoveredParameter, type Recovery, recover } from "./verify/recovery.js";
export { type RunsTest, runsTest } from "./verify/runs.js";
export { type Tension, tension } from "./verify/tension.js";
export { type Verification, type VerifyOptions, verifyTheory } from "./verify/verify.js";
export { withWeightDecay } from "./weight-decay.js";
