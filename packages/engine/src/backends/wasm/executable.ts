/** A compiled plan in wasm memory: its words, its inputs and outputs, and the runs over it. */

import { control, type KernelName, type ModuleName, moduleOf } from "@tetrad/kernels-wasm";
import type { HostArray } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { MadePlan } from "../../plan/make.js";
import { type Launch, launchTitle } from "../../plan/plan.js";
import { launchKey, variantsOf, withVariant } from "../../plan/variants.js";
import type { Tensor } from "../../tensor.js";
import { describeLaunch, type Timeline, timelineOf } from "../../timeline.js";
import { planKey, type Tuning } from "../../tuning.js";
import type { BatchSource, CompileRequest, Executable, LaunchChoice, LaunchTime, Training, Tuned } from "../backend.js";
import { badIndex, inputOf, outputOf, planOf, requireLength, requireLive, stepsTaken } from "../planned.js";
import { gatherLaunches, RING } from "../training.js";
import { findNonFinite } from "./anomaly.js";
import { type Encoded, encode } from "./encode.js";
import { chooseIntegerProducts, INTEGER_PRODUCTS } from "./integer-products.js";
import { Linked } from "./link.js";
import { profile, snapshot } from "./profile.js";
import type { WasmRuntime } from "./runtime.js";
import { WasmSegment } from "./segment.js";
import { ThreadChoice } from "./thread-choice.js";

import { tune } from "./tune.js";

/** Words of a plan in shared memory, and how to reach into them. */
export interface Loaded extends Encoded {
  readonly address: number;
  readonly count: number;
}

/** Longest a run on the calling thread may block it (ms); beyond, `run` goes to workers. */
const BLOCKING_LIMIT_MS = 1;

export class WasmExecutable implements Executable {
  readonly #own: WasmSegment[] = [];
  readonly #maxima: ReadonlyMap<string, number>;
  readonly #live = new Map<string, number>();
  readonly #threads: ThreadChoice;
  readonly #stop: Int32Array;
  /** Variants set since the plan was loaded. */
  readonly #variants = new Map<number, { readonly variant: number; readonly source: string }>();
  #step: Loaded | undefined;
  #epoch: { loaded: Loaded; source: BatchSource } | undefined;

  private constructor(
    readonly runtime: WasmRuntime,
    readonly plan: MadePlan,
    readonly linked: Linked,
    readonly request: CompileRequest,
    /** The plan with every launch's default variant: what tables know it by. */
    readonly untunedPlan: MadePlan,
    tuned: { readonly threads: number; readonly why: string } | undefined,
    private readonly storage: { ring: WasmSegment; rates: WasmSegment; randomState: WasmSegment; gradients: WasmSegment | undefined },
    private readonly tuning: Tuning | undefined,
  ) {
    this.#maxima = request.maxima;
    this.#stop = runtime.memory.i32(control.STOP, 1);
    for (const [axis, maximum] of request.maxima) this.#live.set(axis, maximum);
    this.#threads = new ThreadChoice(plan.launches, request.threads, runtime.maxThreads, tuned);
  }

  static async compile(runtime: WasmRuntime, request: CompileRequest, tuning?: Tuning): Promise<WasmExecutable> {
    const { training } = request;
    const { memory } = runtime;
    const own: WasmSegment[] = [];
    const allocate = (dtype: WasmSegment["dtype"], length: number): WasmSegment => {
      const segment = new WasmSegment(memory, dtype, length);
      own.push(segment);
      return segment;
    };
    try {
      const entries = training === undefined ? 1 : RING;
      const storage = {
        ring: allocate("f64", entries),
        rates: allocate("f64", entries),
        randomState: allocate("i32", 4),
        gradients: training && allocate(training.params.dtype, training.params.length),
      };
      const { gradients } = storage;
      const { plan: untunedPlan, bindings } = planOf(request, gradients && { ...storage, gradients });
      const { plan: tunedPlan, tuned } = applyTuning(untunedPlan, tuning);
      const frozen = [...request.leaves.values()].some((leaf) => leaf.frozen);
      const plan = frozen ? (await import("./packed-weights.js")).packWeights(memory, tunedPlan, request.leaves) : tunedPlan;
      await runtime.ensure(modulesOf(runtime, plan.launches));
      if (plan.launches.some(({ kernel }) => INTEGER_PRODUCTS.has(kernel))) chooseIntegerProducts(runtime);
      const linked = new Linked(memory, plan, bindings, storage.gradients);
      const executable = new WasmExecutable(runtime, plan, linked, request, untunedPlan, tuned, storage, tuning);
      executable.#own.push(...own);
      executable.#step = executable.#load(plan.launches);
      executable.#seedRandom();
      return executable;
    } catch (error) {
      for (const segment of own) segment.release();
      throw error;
    }
  }

  readonly runsOn = "wasm";

  get placement(): string {
    return this.#threads.why;
  }

  get threads(): number {
    return this.#threads.threads;
  }

  get loaded(): Loaded {
    if (this.#step === undefined) throw new TetradError("ARGUMENT", { op: "run", what: "the program is closed" });
    return this.#step;
  }

  write(name: string, data: ArrayLike<number>): void {
    const tensor = inputOf(this.plan, name);
    const view = this.linked.view(tensor);
    requireLength(name, tensor, data.length, this.#live);
    const { memory } = this.runtime;
    view.set(data);
    if (!memory.journalling) return;
    const own = Array.from(data);
    memory.note(() => view.set(own));
  }

  read(name: string): HostArray {
    return this.linked.view(outputOf(this.plan.outputs, name));
  }

  setLive(axis: string, length: number): void {
    requireLive(this.#maxima, axis, length);
    if (this.#live.get(axis) === length) return;
    this.#live.set(axis, length);
    for (const loaded of [this.loaded, this.#epoch?.loaded]) if (loaded !== undefined) this.#writeLive(loaded, axis, length);
  }

  runSync(): void {
    const threads = this.runtime.atOnce(this.#threads.next());
    // Reading the clock leaves numbers on the heap, so it is read only while there is something to decide.
    if (this.#threads.decided) {
      this.#run(this.loaded, threads);
      return;
    }
    const before = performance.now();
    this.#run(this.loaded, threads);
    this.#threads.record(threads, performance.now() - before);
  }

  async run(): Promise<void> {
    const threads = this.#threads.next();
    const isShort = this.#threads.expected <= BLOCKING_LIMIT_MS;
    if (isShort && !this.runtime.busy && (this.runtime.atOnce(threads) === threads || !this.runtime.mayBlock)) return this.runSync();
    const before = performance.now();
    this.#begin();
    await this.runtime.run(this.loaded.address, this.loaded.count, 1, threads);
    this.#refuseBadIndex();
    this.#threads.record(threads, performance.now() - before);
  }

  #run(loaded: Loaded, threads: number): void {
    this.#begin();
    this.runtime.runSync(loaded.address, loaded.count, 1, threads);
    this.#refuseBadIndex();
  }

  async pull(): Promise<void> {}

  attach(source: BatchSource): void {
    for (const segment of source.columns.values()) this.runtime.memory.keepStill((segment as WasmSegment).address);
    if (this.#epoch !== undefined) this.runtime.memory.free(this.#epoch.loaded.address);
    this.#epoch = { loaded: this.#load(this.plan.launches, source), source };
  }

  async runSteps(steps: number, rates: Float64Array): Promise<number> {
    const epoch = this.#epoch;
    if (epoch === undefined) throw new TetradError("INTERNAL", { op: "runSteps", what: "no data set attached" });
    const first = stepsTaken(this.request.training);
    const table = this.storage.rates.view();
    for (let i = 0; i < steps; i++) table[(first + i) % RING] = rates[i] as number;
    const threads = this.#threads.next();
    const before = performance.now();
    this.#begin();
    await this.runtime.run(epoch.loaded.address, epoch.loaded.count, steps, threads);
    this.#refuseBadIndex();
    const done = stepsTaken(this.request.training) - first;
    if (done > 0) this.#threads.record(threads, (performance.now() - before) / done);
    return done;
  }

  /** Sets the learning rate of the next step. */
  setRate(rate: number): void {
    this.storage.rates.view()[stepsTaken(this.request.training) % RING] = rate;
  }

  losses(count: number): Float64Array {
    const ring = this.storage.ring.view();
    const end = stepsTaken(this.request.training);
    return Float64Array.from({ length: count }, (_, i) => ring[(end - count + i + RING) % RING] as number);
  }

  profile(): LaunchTime[] {
    return profile(this);
  }

  tune(seconds: number): Tuned {
    this.#begin();
    return tune(this, seconds);
  }

  /** Decides the thread count. */
  settle(threads: number, why: string): void {
    this.#threads.settle(threads, why);
  }

  /** Writes a launch's variant into the words of the plan. */
  setVariant(index: number, variant: number): void {
    const launch = this.plan.launches[index] as Launch;
    const family = variantsOf(launch);
    if (family === undefined) throw new TetradError("INTERNAL", { op: "tune", what: "the kernel has no variants", got: launch.kernel });
    // Scalars before the variant are one word each, see the lowering of its op.
    const pointers = launch.outputs.length - (launch.chain?.outputs.length ?? 0) + launch.inputs.length;
    for (const loaded of [this.loaded, this.#epoch?.loaded]) {
      if (loaded === undefined) continue;
      const gathers = loaded.count - this.plan.launches.length;
      const at = (loaded.starts[index + gathers] as number) + control.LAUNCH_HEADER_WORDS + pointers + family.scalar;
      this.runtime.memory.i32(loaded.address + at * 4, 1)[0] = variant;
    }
    this.#variants.set(index, { variant, source: "tuned just now" });
  }

  choices(): LaunchChoice[] {
    return this.plan.launches.map((launch, i) => {
      const family = variantsOf(launch);
      const title = launchTitle(launch);
      if (family === undefined) return { title, variant: undefined, source: "the kernel's only one" };
      const own = this.#variants.get(i) ?? { variant: launch.scalars[family.scalar] as number, source: this.#sourceOf(i) };
      return { title, variant: family.names[own.variant], source: own.variant === 0 ? "default table" : own.source };
    });
  }

  #sourceOf(index: number): string {
    const entry = this.tuning?.table.launches[launchKey(this.untunedPlan.launches[index] as Launch)];
    return entry === undefined ? "default table" : `tuned on ${entry.date} (${this.tuning?.source})`;
  }

  async trace(steps: number): Promise<Timeline> {
    const { address, count } = this.loaded;
    const restore = snapshot(this);
    this.#begin();
    try {
      const stamps = await this.runtime.trace(address, count, steps, this.threads);
      this.#refuseBadIndex();
      return timelineOf(this.plan.launches.map(describeLaunch), stamps);
    } finally {
      restore();
    }
  }

  findNonFinite(): { title: string; site: string | undefined } | undefined {
    return findNonFinite(this);
  }

  close(): void {
    if (this.#step !== undefined) this.runtime.memory.free(this.#step.address);
    if (this.#epoch !== undefined) this.runtime.memory.free(this.#epoch.loaded.address);
    this.#step = undefined;
    this.#epoch = undefined;
    this.linked.release();
    for (const segment of this.#own.splice(0)) segment.release();
  }

  /** True when the last run was asked to stop by a kernel: the loss was not finite. */
  get stopped(): boolean {
    return this.#stop[0] === control.STOP_DIVERGED;
  }

  /** Random numbers follow the step of the store, which a resumed state or another program may have set since the last run. */
  #begin(): void {
    this.#stop[0] = 0;
    const step = stepsTaken(this.request.training);
    const words = this.storage.randomState.view();
    words[2] = step | 0;
    words[3] = Math.floor(step / 2 ** 32) | 0;
  }

  /** Kernels leave out-of-range indices alone and say so here; the results are then of no use. */
  #refuseBadIndex(): void {
    if (this.#stop[0] === control.STOP_BAD_INDEX) throw badIndex();
  }

  #seedRandom(): void {
    const { seed } = this.request;
    const words = this.storage.randomState.view();
    words[0] = seed | 0;
    words[1] = Math.floor(seed / 2 ** 32) | 0;
  }

  #load(launches: readonly Launch[], source?: BatchSource): Loaded {
    const { memory } = this.runtime;
    const all = source === undefined ? launches : [...this.#gather(source), ...launches];
    const encoded = encode(all, {
      address: (tensor) => this.#extra.get(tensor) ?? this.linked.address(tensor),
      slot: (kernel) => this.runtime.slot(kernel as KernelName),
      randomState: this.storage.randomState.address,
      maximum: (axis) => this.#maxima.get(axis) as number,
    });
    const address = memory.allocate(encoded.words.length * 4);
    for (const index of encoded.selfPointers) encoded.words[index] = (encoded.words[index] as number) + address;
    memory.i32(address, encoded.words.length).set(encoded.words);
    const loaded = { ...encoded, address, count: all.length };
    for (const [axis, length] of this.#live) this.#writeLive(loaded, axis, length);
    return loaded;
  }

  #writeLive(loaded: Loaded, axis: string, length: number): void {
    const { memory } = this.runtime;
    const words = memory.i32(loaded.address, loaded.words.length);
    const write = (): void => {
      for (const live of loaded.liveWords) if (live.axis === axis) words[live.index] = length * live.times;
    };
    write();
    if (memory.journalling) memory.note(write);
  }

  readonly #extra = new Map<Tensor, number>();

  #gather(source: BatchSource): Launch[] {
    const { graph, training } = this.request;
    return gatherLaunches(graph, training as Training, source, (leaf, segment) => this.#extra.set(leaf, (segment as WasmSegment).address));
  }
}

/** The plan with the table's variants, and what it says of the thread count. */
function applyTuning(plan: MadePlan, tuning: Tuning | undefined) {
  if (tuning === undefined) return { plan, tuned: undefined };
  const { table, source } = tuning;
  const launches = plan.launches.map((launch) => {
    const family = variantsOf(launch);
    const name = family && table.launches[launchKey(launch)]?.variant;
    const variant = name === undefined ? -1 : (family as NonNullable<typeof family>).names.indexOf(name);
    return variant < 0 ? launch : withVariant(launch, family as NonNullable<typeof family>, variant);
  });
  const known = table.plans[planKey(plan)];
  const why = known && `tuned on ${known.date} (${source}), ${known.microseconds.toFixed(1)} µs a step`;
  return { plan: { ...plan, launches }, tuned: known && { threads: known.threads, why: why as string } };
}

function modulesOf(runtime: WasmRuntime, launches: readonly Launch[]): ModuleName[] {
  const kernels = new Set<string>(["run", "gather_batch"]);
  const visit = (launch: Launch): void => {
    kernels.add(launch.kernel);
    if (launch.chain !== undefined) {
      kernels.add(`ew_${launch.chain.dtype}`);
      for (const op of launch.chain.ops) kernels.add(`${op.strip}_${launch.chain.dtype}`);
    }
    launch.body?.launches.forEach(visit);
  };
  launches.forEach(visit);
  return [...new Set([...kernels].filter((kernel) => !runtime.has(kernel)).map((kernel) => moduleOf(kernel as KernelName)))];
}
