/// <reference lib="esnext.disposable" preserve="true" />
/** The engine: one backend, the programs compiled for it, and nothing global. */

import { gradients } from "./autodiff.js";
import { type Backend, type Binding, type Executable, SCALAR, type Segment, STEP_SCALARS, type Training } from "./backends/backend.js";
import { type BackendOptions, openBackend } from "./backends/select.js";
import { type DType, type FloatDType, type HostArray, requireType } from "./dtype.js";
import { TetradError } from "./errors.js";
import { type NdInput, toNd } from "./nd-input.js";
import type { Model } from "./nn/model.js";
import { add } from "./ops/add.js";
import { assign } from "./ops/assign.js";
import { full } from "./ops/full.js";
import type { Optimizer } from "./optim/optimizer.js";
import { layOut, type ParameterRun } from "./optim/runs.js";
import { sgd } from "./optim/sgd.js";
import { FunctionProgram } from "./program.js";
import { storedShape } from "./quant/stored.js";
import type { RunCache } from "./run-cache.js";
import { formatShape, type Shape } from "./shape.js";
import { type ParamLayout, type ParamSpecs, Store } from "./store.js";
import { Graph, type Spec, Tensor } from "./tensor.js";
import { withGraph } from "./trace.js";
import type { FitOptions, FitRun } from "./train/fit.js";
import { restoreState, type TrainingState, takeState } from "./train/state.js";
import type { TrainedModel } from "./train/trained-model.js";
import { type Accumulation, TrainProgram } from "./train-program.js";

export interface EngineOptions extends BackendOptions {
  /** Takes warnings; by default `process.emitWarning` in Node, `console.warn` in a browser. */
  readonly onWarning?: (message: string) => void;
}

/** An input of a compiled function: a shape (f32), or shape, type and whether axis 0 is bounded rather than fixed. */
export type InputSpec = Shape | { readonly shape: Shape; readonly dtype?: DType; readonly bounded?: string };
export type InputSpecs = Readonly<Record<string, InputSpec>>;

export interface CompileOptions {
  /** Seed of dropout and other random ops. */
  readonly seed?: number;
  readonly threads?: number;
  /** Where a backend that chooses is to run it: where another program of the same training runs, so that all round alike. The CPU where there is no such place */
  readonly runsOn?: Executable["runsOn"] | undefined;
  /** Anomaly mode: a NaN or an infinity in an output throws, naming the first launch and the line of yours that made it. */
  readonly checkFinite?: boolean;
}

/** Added to the seed, it keeps what accumulated batches draw apart from what steps draw. */
const BATCH_STREAMS = 2 ** 50;

export interface TrainOptions extends CompileOptions {
  readonly optimizer: Optimizer;
  /** So many batches can be accumulated: their gradients are added to a sum that the next step takes with its own. */
  readonly accumulation?: number;
}

/** An array with its shape, as `run` returns it. */
export interface NdResult {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: HostArray;
}

export interface EngineDescription {
  readonly backend: string;
  readonly build: string;
  readonly threads: number;
  readonly why: string;
}

export type StepFunction = (params: Record<string, Tensor>, inputs: Record<string, Tensor>) => Tensor;
export type TracedFunction = (inputs: Record<string, Tensor>) => Tensor | Readonly<Record<string, Tensor>>;

/**
 * An engine on the fastest build of this machine; thread counts are measured plan by plan. `close()` frees all it holds.
 * @throws TetradError UNSUPPORTED when the platform lacks what was asked for
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return new Engine(await openBackend({ onWarning: warnHost, ...options }), options.onWarning);
}

/** Where warnings go unless the caller takes them: Node's own channel, or the console. */
function warnHost(message: string): void {
  if (typeof process === "object" && typeof process.emitWarning === "function") process.emitWarning(message, "TetradWarning");
  // biome-ignore lint/suspicious/noConsole: a browser has no other channel for a warning
  else console.warn(message);
}

/** Optimiser state of one store: moments and the step scalars, shared by every training program over it. */
export interface OptimizerState {
  readonly moments: readonly Segment[];
  readonly scalars: Segment;
}

export class Engine {
  #runs: Promise<RunCache> | undefined;
  readonly #states = new WeakMap<Store, { readonly optimizer: string; readonly state: OptimizerState }>();
  #closed = false;

  constructor(
    readonly backend: Backend,
    /** Where warnings go. */
    readonly warn: (message: string) => void = warnHost,
  ) {}

  get closed(): boolean {
    return this.#closed;
  }

  describe(): EngineDescription {
    const { name, build, threads, why } = this.backend;
    return { backend: name, build, threads, why };
  }

  /** Parameters that live as long as the engine, or until `store.release()`. */
  store(specs: ParamSpecs, { dtype = "f32", seed = 0 }: { readonly dtype?: FloatDType; readonly seed?: number } = {}): Store {
    this.#open();
    return new Store(this.backend, specs, dtype, seed);
  }

  /** Traces `f` once over inputs of the given shapes and compiles it. */
  async compileFunction(f: TracedFunction, inputs: InputSpecs, options: CompileOptions = {}, store?: Store): Promise<FunctionProgram> {
    this.#open(store);
    const traced = traceInputs(inputs, store);
    const result = withGraph(traced.graph, () => f({ ...traced.inputs, ...traced.params }));
    const outputs = new Map(result instanceof Tensor ? [["output", result] as const] : Object.entries(result ?? {}));
    if (outputs.size === 0 || [...outputs.values()].some((y) => !(y instanceof Tensor))) {
      throw new TetradError("ARGUMENT", { op: "compile", what: "it must return tensors, at once" });
    }
    const executable = await this.backend.compile({
      graph: traced.graph,
      outputs,
      leaves: store === undefined ? new Map() : bindParams(store, traced.params),
      seed: options.seed ?? 0,
      maxima: traced.maxima,
      threads: options.threads,
    });
    return new FunctionProgram(executable, traced.graph.inputs, outputs, () => this.backend.machine(), options.checkFinite ?? false);
  }

  /** Compiles a function of a store's parameters and inputs; the program reads the store's present values at each call. */
  async compileWith(
    store: Store,
    inputs: InputSpecs,
    f: (params: Record<string, Tensor>, inputs: Record<string, Tensor>) => Tensor | Readonly<Record<string, Tensor>>,
    options: CompileOptions = {},
  ): Promise<FunctionProgram> {
    const names = new Set(store.names);
    const split = (all: Record<string, Tensor>) => {
      const params = Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
      const rest = Object.fromEntries(Object.entries(all).filter(([name]) => !names.has(name)));
      return f(params, rest);
    };
    return this.compileFunction(split, inputs, options, store);
  }

  /**
   * Compiles one optimiser step: the loss, its gradients, and the update of the store's parameters. Parameters whose `lrScale` is 0 get no gradient.
   * @throws TetradError SHAPE when `step` does not return one number
   */
  async compile(store: Store, inputs: InputSpecs, step: StepFunction, options: TrainOptions): Promise<TrainProgram> {
    const { optimizer, accumulation = 0 } = options;
    const sums = accumulation > 0 ? this.backend.allocate(store.dtype, store.segment.length) : undefined;
    const { executable, graph, state } = await this.compileTraining(store, inputs, step, options, sums);
    const adding = sums === undefined ? undefined : await this.#compileAdding(store, inputs, step, options, sums);
    return new TrainProgram(executable, graph.inputs, optimizer, state.scalars, () => this.backend.machine(), adding);
  }

  /**
   * The parts of `compile`, for trainers that drive the executable themselves.
   * @param sums gradients that are added to the step's own, and zeros after it
   */
  async compileTraining(store: Store, inputs: InputSpecs, step: StepFunction, options: TrainOptions, sums?: Segment) {
    if (store.frozen) throw new TetradError("ARGUMENT", { op: "compile", what: "a frozen store is not trained" });
    store.trained = true;
    const { runs, state } = this.#arrange(store, options.optimizer);
    return { ...(await this.#compileStep(store, inputs, step, options, { params: store.segment, ...state, runs }, sums)), state };
  }

  /** A program that adds gradients to `sums`: it is what SGD at a rate of −1 makes of them. */
  async #compileAdding(store: Store, inputs: InputSpecs, step: StepFunction, options: TrainOptions, sums: Segment): Promise<Accumulation> {
    const lrScale = (name: string, shape: Shape) => (options.optimizer.lrScale(name, shape) === 0 ? 0 : 1);
    const optimizer = { ...sgd({ lr: 1, lrScale }), lr: -1 };
    const { runs } = layOut(store.layout, store.segment.length, optimizer);
    const scalars = this.#stepScalars();
    const seed = (options.seed ?? 0) + BATCH_STREAMS;
    const target = { params: sums, moments: [], scalars, runs };
    const { executable } = await this.#compileStep(store, inputs, step, { ...options, optimizer, seed }, target);
    return { executable, sums, scalars, most: options.accumulation ?? 0 };
  }

  async #compileStep(
    store: Store,
    inputs: InputSpecs,
    step: StepFunction,
    { optimizer, seed = 0, threads, runsOn }: TrainOptions,
    target: Pick<Training, "params" | "moments" | "scalars" | "runs">,
    sums?: Segment,
  ) {
    this.#open(store);
    const { graph, inputs: tensors, params, maxima } = traceInputs(inputs, store);
    const loss = withGraph(graph, () => step(params, tensors));
    const trained = store.layout.filter(({ name, shape, state }) => !state && optimizer.lrScale(name, shape) !== 0);
    const own = gradients(
      loss,
      trained.map(({ name }) => params[name] as Tensor),
    );
    const leaves = bindParams(store, params);
    const whole = own.map((gradient, i) => {
      if (sums === undefined) return gradient;
      const { name, shape, offset } = trained[i] as ParamLayout;
      const before = graph.state(`sum of ${name}`, { shape, dtype: store.dtype });
      leaves.set(before, { segment: sums, offset });
      return withGraph(graph, () => {
        assign(before, full(shape, 0, store.dtype));
        return add(before, gradient);
      });
    });
    const executable = await this.backend.compile({
      graph,
      outputs: new Map([["loss", loss]]),
      leaves,
      training: { loss, gradients: whole.map((gradient, i) => ({ gradient, offset: trained[i]?.offset ?? 0 })), optimizer, ...target },
      seed,
      maxima,
      threads,
      runsOn,
    });
    return { executable, graph };
  }

  /** Runs of a store's parameters, and its optimiser state; made at first use, and anew when another optimiser takes over. */
  #arrange(store: Store, optimizer: Optimizer): { readonly runs: readonly ParameterRun[]; readonly state: OptimizerState } {
    const { runs, moments: layouts, key } = layOut(store.layout, store.segment.length, optimizer);
    const known = this.#states.get(store);
    if (known?.optimizer === key) return { runs, state: known.state };
    const scalars = this.#stepScalars();
    const moments = layouts.map(({ length, initial }) => {
      const segment = this.backend.allocate(store.dtype, length);
      for (const { offset, length: elements, value } of initial) segment.write(new Float64Array(elements).fill(value), offset);
      return segment;
    });
    const state = { moments, scalars };
    this.#states.set(store, { optimizer: key, state });
    return { runs, state };
  }

  #stepScalars(): Segment {
    const scalars = this.backend.allocate("f64", STEP_SCALARS);
    scalars.write([1], SCALAR.gradientScale);
    return scalars;
  }

  /**
   * Makes the kernels of an outside WebAssembly module available to ops that name them by `foreignKernel`. The module imports
   * `env.memory` (shared) and `env.table` only; see docs for the calling convention.
   * @throws TetradError ARGUMENT when it imports more or a name is taken
   */
  async defineKernels(name: string, bytes: BufferSource): Promise<void> {
    this.#open();
    await this.backend.defineKernels(name, bytes);
  }

  /**
   * Where training of a store stands, for going on later with the same bits: what is trained, the optimiser's moments, the step.
   * @throws TetradError ARGUMENT before a program that trains the store was compiled
   */
  trainingState(store: Store, losses: readonly number[] = []): Promise<TrainingState> {
    const state = this.#stateOf(store);
    return takeState(store, state, state.scalars.view()[SCALAR.step] as number, losses, true);
  }

  /** Goes back to where training stood. @throws TetradError ARGUMENT for the state of another model or optimiser */
  restoreTrainingState(store: Store, state: TrainingState): void {
    restoreState(state, store, this.#stateOf(store));
  }

  #stateOf(store: Store): OptimizerState {
    const known = this.#states.get(store);
    if (known !== undefined) return known.state;
    throw new TetradError("ARGUMENT", {
      op: "training state",
      what: "nothing trains this store",
      hint: "compile a program with an optimizer first",
    });
  }

  /** Frees a store's optimiser state; programs compiled for it must not step any more. */
  releaseOptimizerState(store: Store): void {
    const known = this.#states.get(store);
    if (known === undefined) return;
    this.#states.delete(store);
    for (const segment of [known.state.scalars, ...known.state.moments]) segment.release();
  }

  /** Compiles, runs once and caches: for people who just want a result. Inputs are nested arrays, typed arrays or `{data, shape, dtype}`. */
  async run<F extends TracedFunction>(
    f: F,
    inputs: Readonly<Record<string, NdInput>>,
  ): Promise<ReturnType<F> extends Tensor ? NdResult : Record<string, NdResult>> {
    this.#open();
    const arrays = new Map(Object.entries(inputs).map(([name, input]) => [name, toNd(input)] as const));
    this.#runs ??= import("./run-cache.js").then(({ RunCache }) => new RunCache((g, specs) => this.compileFunction(g, specs), this.warn));
    const results = await (await this.#runs).run(f, arrays);
    const { output, ...others } = results;
    const single = output !== undefined && Object.keys(others).length === 0;
    return (single ? output : results) as ReturnType<F> extends Tensor ? NdResult : Record<string, NdResult>;
  }

  /** Trains `model`; see FitOptions. */
  fit(model: Model, options: FitOptions): Promise<FitRun> {
    this.#open();
    // Loaded when first used, as `load` is: a page that fits formulas needs neither training nor model files.
    return import("./train/fit.js").then(({ fit }) => fit(this, model, options));
  }

  /** A model folder written by `TrainedModel.save`; a model of your own making, which no configuration describes, is to be given again. */
  load(folder: string, model?: Model): Promise<TrainedModel> {
    this.#open();
    return import("./train/trained-model.js").then(({ loadModel }) => loadModel(this, folder, model));
  }

  /** Ends all workers and refuses further work; programs and stores of this engine are gone with it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.backend.close();
  }

  /** `await using engine = …` where the language has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(store?: Store): void {
    if (this.#closed) throw new TetradError("ARGUMENT", { op: "engine", what: "it is closed", hint: "create another by createEngine()" });
    // Its numbers are addresses in the memory of the engine that made it.
    if (store !== undefined && store.backend !== this.backend)
      throw new TetradError("ARGUMENT", { op: "compile", what: "the store is another engine's" });
  }
}

interface TracedInputs {
  readonly graph: Graph;
  readonly inputs: Record<string, Tensor>;
  readonly params: Record<string, Tensor>;
  readonly maxima: Map<string, number>;
}

function traceInputs(specs: InputSpecs, store: Store | undefined): TracedInputs {
  const graph = new Graph();
  const maxima = new Map<string, number>();
  const inputs: Record<string, Tensor> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const full = "shape" in spec ? spec : { shape: spec };
    const { shape, dtype = "f32", bounded } = full as { shape: Shape; dtype?: DType; bounded?: string };
    if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0)) {
      throw new TetradError("SHAPE", { op: "compile", what: `input "${name}" needs whole, non-negative extents`, got: formatShape(shape) });
    }
    requireType(dtype);
    if (bounded !== undefined) addMaximum(maxima, bounded, shape, name);
    const value: Spec = { shape, dtype, ...(bounded !== undefined && { bound: { name: bounded, times: 1 } }) };
    inputs[name] = graph.input(name, value);
  }
  const params: Record<string, Tensor> = {};
  for (const { name, shape, state, stored } of store?.layout ?? []) {
    const spec: Spec =
      stored === undefined ? { shape, dtype: (store as Store).dtype } : { shape: storedShape(stored, stored.shape), dtype: "u8", stored };
    params[name] = state ? graph.state(name, spec) : graph.param(name, spec);
  }
  return { graph, inputs, params, maxima };
}

function addMaximum(maxima: Map<string, number>, axis: string, shape: Shape, input: string): void {
  const maximum = shape[0];
  const known = maxima.get(axis);
  if (maximum === undefined || maximum === 0 || (known !== undefined && known !== maximum)) {
    throw new TetradError("SHAPE", {
      op: "compile",
      what: `input "${input}" disagrees on the bounded axis "${axis}"`,
      got: formatShape(shape),
      expected: known === undefined ? "a positive first extent" : `a first extent of ${known}`,
    });
  }
  maxima.set(axis, maximum);
}

function bindParams(store: Store, params: Readonly<Record<string, Tensor>>): Map<Tensor, Binding> {
  return new Map(
    store.layout.map((entry) => {
      const frozen = store.frozen && !entry.state;
      return [params[entry.name] as Tensor, { segment: store.segmentOf(entry), offset: entry.offset, frozen }];
    }),
  );
}
