/** @tetrad/engine: train and run networks and differentiable functions on hand-written kernels. */

export { gradients, vjp } from "./autodiff.js";
export { AutoBackend, type Curve } from "./backends/auto/backend.js";
export { formatSeconds } from "./backends/auto/decide.js";
export type { Backend, LaunchChoice, LaunchTime, Tuned } from "./backends/backend.js";
export { BACKEND_NAMES, type BackendName } from "./backends/select.js";
export * from "./data/index.js";
export type { DType, FloatDType, HostArray } from "./dtype.js";
export {
  type CompileOptions,
  createEngine,
  type Engine,
  type EngineDescription,
  type EngineOptions,
  type InputSpec,
  type InputSpecs,
  type NdResult,
  type StepFunction,
  type TracedFunction,
  type TrainOptions,
} from "./engine.js";
export { closest, didYouMean, type ErrorCode, type ErrorParts, TetradError } from "./errors.js";
export { type Machine, rooflineShare } from "./explain.js";
export * from "./io/index.js";
export { indexOfLargest, largestOf, smallestOf } from "./largest.js";
export * from "./metrics/index.js";
export type { NdInput, ShapedData } from "./nd-input.js";
export { ACTIVATIONS, type Activation } from "./nn/activation.js";
export { type BatchNormLayerOptions, batchNorm1d, batchNorm2d } from "./nn/batch-norm.js";
export { type CnnOptions, cnn } from "./nn/cnn.js";
export { type Conv1dLayerOptions, conv1dLayer } from "./nn/conv1d.js";
export { type Conv2dLayerOptions, conv2dLayer } from "./nn/conv2d.js";
export { type ConvTranspose2dLayerOptions, convTranspose2dLayer } from "./nn/convTranspose2d.js";
export { dropoutLayer } from "./nn/dropout-layer.js";
export { embeddingLayer } from "./nn/embedding-layer.js";
export { groupNormLayer } from "./nn/group-norm.js";
export { type GruOptions, type GruResult, gru, gruLayer } from "./nn/gru.js";
export { type Layer, nested, within } from "./nn/layer.js";
export { linear } from "./nn/linear.js";
export { linearLayer } from "./nn/linear-layer.js";
export { type LstmOptions, type LstmResult, lstm, lstmLayer } from "./nn/lstm.js";
export { type MlpOptions, mlp } from "./nn/mlp.js";
export { type ApplyContext, type Model, modelFromConfig } from "./nn/model.js";
export {
  type AttentionLayer,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  type SequenceOptions,
} from "./nn/multi-head-attention.js";
export type { RecurrentLayerOptions, RecurrentOptions } from "./nn/recurrent.js";
export { layerNormLayer, type NormLayerOptions, rmsNormLayer } from "./nn/row-norm-layers.js";
export { sequential } from "./nn/sequential.js";
export { type DecoderLayer, transformerDecoderLayer } from "./nn/transformer-decoder-layer.js";
export { transformerEncoderLayer } from "./nn/transformer-encoder-layer.js";
export type { TransformerLayerOptions } from "./nn/transformer-options.js";
export { defineOp, elementwise, type ForeignKernel, foreignKernel, type Op, type OpCase } from "./op.js";
export * from "./ops/index.js";
export { type AdadeltaOptions, adadelta } from "./optim/adadelta.js";
export { type AdafactorOptions, adafactor } from "./optim/adafactor.js";
export { type AdagradOptions, adagrad } from "./optim/adagrad.js";
export { type AdamOptions, adam, adamw } from "./optim/adam.js";
export { type AdamaxOptions, adamax } from "./optim/adamax.js";
export { type LambOptions, lamb } from "./optim/lamb.js";
export { type Evaluation, type Lbfgs, type LbfgsOptions, type LbfgsStep, lbfgs } from "./optim/lbfgs.js";
export { type LionOptions, lion } from "./optim/lion.js";
export { type MuonOptions, muon } from "./optim/muon.js";
export { type NadamOptions, nadam } from "./optim/nadam.js";
export type { FlatUpdate, Optimizer, OptimizerOptions, ReferenceUpdate, TensorUpdate, Update, UpdateContext } from "./optim/optimizer.js";
export { type RadamOptions, radam } from "./optim/radam.js";
export { type RmspropOptions, rmsprop } from "./optim/rmsprop.js";
export * from "./optim/schedules.js";
export { type SgdOptions, sgd } from "./optim/sgd.js";
export type { MemoryBlock, MemoryMap } from "./plan/memory.js";
export type { FunctionProgram } from "./program.js";
export * from "./quant/index.js";
export { fillNormal, permute, type RandomSource, uniformAt } from "./random.js";
export type { Shape } from "./shape.js";
export { type Init, normalizeSpec, type ParamSpec, type ParamSpecs, type Store } from "./store.js";
export type { Attrs, Spec, Tensor } from "./tensor.js";
export { type Timeline, type TimelineLaunch, type TimelineStep, type TraceEvent, type TraceFile, traceEvents } from "./timeline.js";
export { apply, constant, type NestedNumbers, type TensorLike } from "./trace.js";
export type { FitHistory, FitOptions, FitProgress, FitRun, Loss } from "./train/fit.js";
export { DivergedError } from "./train/fit.js";
export { decodeState, encodeState, type TrainingState } from "./train/state.js";
export type { TrainedModel } from "./train/trained-model.js";
export type { StepResult, TrainProgram } from "./train-program.js";
export { checkGradient } from "./transforms/checkGradient.js";
export * from "./transforms/index.js";
export { deviceKey, mergeTuning, readTuning, type TunedLaunch, type TunedPlan, type Tuning, type TuningTable } from "./tuning.js";
