/** Runs plans in wasm: one memory, one set of table slots, and as many worker threads as were ever asked for. */

import { type Build, control, type KernelName, loadModule, type ModuleName, manifest } from "@tetrad/kernels-wasm";
import { TetradError } from "../../errors.js";
import { clockModule, clockOrigin } from "./clock.js";
import { Crew, type Job, type RunSteps, type RunTraced, trapError } from "./crew.js";
import { WasmMemory } from "./memory.js";
import { Solitary } from "./solitary.js";
import { availableThreads, canBlock, canShareMemory, isNode } from "./threads.js";
import { type LoadedModule, NoWorker, type WorkerHandle, workerStarter } from "./worker-source.js";

export interface RuntimeOptions {
  readonly build: Build;
  /** Most threads of any job; each costs 1 MiB of address space. Default: the cores available. */
  readonly maxThreads?: number;
  /** Where a page serves this package's worker.js from, for pages whose policy forbids blob workers. */
  readonly workerUrl?: string | URL | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** f64 stamps of a launch (arrived, began, ended) and of a step's end (arrived at the last barrier, left it), see assembly/trace. */
export const LAUNCH_STAMPS = 3;
export const STEP_STAMPS = 2;

export class WasmRuntime {
  readonly memory: WasmMemory;
  readonly build: Build;
  readonly maxThreads: number;
  readonly #words: Int32Array;
  readonly #table = new WebAssembly.Table({ initial: 256, element: "anyfunc" });
  readonly #slots = new Map<string, number>();
  readonly #modules: LoadedModule[] = [];
  readonly #loading = new Map<string, Promise<void>>();
  readonly #crew: Crew;
  /** Whether the calling thread may sleep: not the main thread of a page. */
  readonly mayBlock: boolean;
  /** Set before the first traced run. */
  #clockOrigin: number | undefined;
  #runSteps: RunSteps = () => 0;
  /** The job of every runSync, so that a step leaves nothing to collect. */
  readonly #job = { plan: 0, count: 0, steps: 0, threads: 1, trace: undefined };
  /** Tasks that have not ended; they follow one another, numbered from 1. */
  #pending = 0;
  #tasks = 0;
  /** Tasks up to this one were aborted. */
  #cancelled = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;
  #solitary: Solitary | undefined;
  /** A page's policy, or a wrong address, keeps it from having workers: jobs run on the calling thread. */
  #workerless = false;

  private constructor(
    private readonly options: RuntimeOptions,
    private readonly startWorker: () => WorkerHandle,
  ) {
    const { build, maxThreads } = options;
    this.build = build;
    this.maxThreads = canShareMemory() ? Math.max(1, maxThreads ?? availableThreads()) : 1;
    this.memory = new WasmMemory(control.CONTROL_BYTES);
    const scratch = this.memory.allocate(this.maxThreads * control.SCRATCH_BYTES, true);
    const shared = this.memory.allocate(control.SHARED_SCRATCH_BYTES, true);
    this.#words = this.memory.i32(0, control.CONTROL_BYTES >> 2);
    this.#words[control.SCRATCH_BASE >> 2] = scratch;
    this.#words[control.SHARED_SCRATCH_BASE >> 2] = shared;
    this.#crew = new Crew(this.memory, this.#modules, startWorker, this.maxThreads);
    this.mayBlock = canBlock(this.#words);
  }

  /** A runtime that can run plans of core kernels; threads start when first needed. Throws OUT_OF_MEMORY; UNSUPPORTED where a page's policy forbids WebAssembly. */
  static async create(options: RuntimeOptions): Promise<WasmRuntime> {
    const runtime = new WasmRuntime(options, await workerStarter(options.workerUrl));
    await runtime.ensure(["core"]).catch((error) => {
      if (!(error instanceof WebAssembly.CompileError)) throw error;
      throw new TetradError("UNSUPPORTED", {
        op: "createEngine",
        what: error.message,
        hint: "Content-Security-Policy: script-src 'wasm-unsafe-eval'",
      });
    });
    runtime.#runSteps = runtime.#table.get(runtime.slot("run_steps")) as RunSteps;
    return runtime;
  }

  /** Steps that the present job of `run`, or else the last, has finished. */
  get stepsDone(): number {
    return Atomics.load(this.#words, control.STEPS_DONE >> 2);
  }

  /** Makes the kernels of these modules available; a module is loaded once. */
  async ensure(modules: readonly ModuleName[]): Promise<void> {
    const load = (name: ModuleName): Promise<void> =>
      this.#once(name, async () => this.#adopt(name, await loadModule(this.build, name), manifest[name]));
    await Promise.all(modules.map(load));
  }

  /**
   * Makes the kernels of an outside module available under the names of its exports, which it returns. The module must import
   * nothing but env.memory (shared) and env.table. Throws ARGUMENT when it imports more or when a name is taken.
   */
  async defineModule(name: string, bytes: BufferSource): Promise<readonly string[]> {
    const module = await WebAssembly.compile(bytes);
    const imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
    const foreign = imports.find((entry) => entry !== "env.memory" && entry !== "env.table");
    if (foreign !== undefined) {
      const what = `module "${name}" needs an import that is not there`;
      throw new TetradError("ARGUMENT", { op: "defineModule", what, got: foreign, expected: "env.memory and env.table only" });
    }
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
    const kernels = functions.map((entry) => entry.name);
    const shipped = new Set<string>(Object.values(manifest).flat());
    const taken = kernels.find((kernel) => this.#slots.has(kernel) || shipped.has(kernel));
    if (taken !== undefined) {
      const hint = "prefix the names of your own kernels";
      throw new TetradError("ARGUMENT", { op: "defineModule", what: "the name of a kernel is taken", got: taken, hint });
    }
    this.#adopt(name, module, kernels);
    return kernels;
  }

  /** A job of `run` has not ended: `runSync` would refuse. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /** Whether a kernel's module is loaded. */
  has(kernel: string): boolean {
    return this.#slots.has(kernel);
  }

  /** The table slot of a kernel, the same on every thread. Throws INTERNAL when its module was not loaded. */
  slot(kernel: KernelName | (string & {})): number {
    const slot = this.#slots.get(kernel);
    if (slot === undefined) {
      const hint = "await ensure() with the modules of a plan first";
      throw new TetradError("INTERNAL", { op: "slot", what: "the kernel's module is not loaded", got: kernel, hint });
    }
    return slot;
  }

  /** Of so many threads those that `runSync` can set to work: in a page's worker, where the first start needs the event loop, one until they are started. */
  atOnce(threads: number): number {
    return this.mayBlock && (isNode() || this.#crew.size >= threads - 1) ? threads : 1;
  }

  /** Starts the workers for runSync on so many threads: not needed, except where a caller wants to choose the moment, or in a page's worker more than one thread. */
  async start(threads: number): Promise<void> {
    this.#check("start", threads);
    await this.#enqueue(() => this.#crew.prepare(threads - 1));
  }

  /**
   * Plays `count` launches of the plan at an address `steps` times, the caller being thread 0; returns the number of finished
   * steps, fewer if a kernel has set STOP, which is the caller's to clear. Where the calling thread may not sleep (the main
   * thread of a page), and where threads are not ready, one thread does all, to the same bits. Throws INTERNAL when a kernel traps, ARGUMENT while `run` is busy.
   */
  runSync(plan: number, count: number, steps: number, threads: number): number {
    if (this.#pending > 0 || this.#closed) this.#refuse("runSync");
    if (threads !== 1) this.#check("runSync", threads);
    const job = this.#job;
    job.plan = plan;
    job.count = count;
    job.steps = steps;
    job.threads = this.atOnce(threads);
    return this.#play(job);
  }

  /**
   * As runSync, with the clock read around every launch: per thread, per step, three stamps a launch and two for the end of the step, in
   * milliseconds. Throws UNSUPPORTED where more than one thread is asked for and the calling thread may not sleep.
   */
  async trace(plan: number, count: number, steps: number, threads: number): Promise<Float64Array[]> {
    this.#check("trace", threads);
    if (threads > 1 && !this.mayBlock)
      throw new TetradError("UNSUPPORTED", {
        op: "trace",
        what: "the main thread of a page cannot trace several threads",
        hint: "use one, or a worker",
      });
    this.#clockOrigin ??= clockOrigin();
    await this.ensure(["trace"]);
    await this.#once("clock", async () => this.#adopt("clock", await WebAssembly.compile(clockModule), ["now"]));
    if (this.atOnce(threads) < threads) await this.start(threads);
    if (this.#pending > 0 || this.#closed) this.#refuse("trace");
    const runTraced = this.#table.get(this.slot("run_traced")) as RunTraced;
    const length = steps * (count * LAUNCH_STAMPS + STEP_STAMPS);
    const stamps = this.memory.allocate(threads * length * 8);
    try {
      const done = this.#play({ plan, count, steps, threads, trace: { run: runTraced, clock: this.slot("now"), stamps } });
      const taken = done * (count * LAUNCH_STAMPS + STEP_STAMPS);
      return Array.from({ length: threads }, (_, thread) => this.memory.f64(stamps + thread * length * 8, taken).slice());
    } finally {
      this.memory.free(stamps);
    }
  }

  /** A job with this thread as its thread 0. */
  #play(job: Job): number {
    return job.threads === 1 ? this.#alone(job) : this.#beside(job);
  }

  #beside(job: Job): number {
    const crew = this.#crew;
    crew.prepareSync(job.threads - 1);
    crew.dispatch(job, true);
    let done: number;
    try {
      done = this.#part(job);
    } catch (error) {
      crew.raise(control.ABORT_TRAPPED);
      crew.join();
      throw trapError(0, (error as Error).message, error);
    }
    crew.join();
    crew.throwTrap();
    return done;
  }

  /**
   * As runSync, wholly on workers, so that the event loop stays free; several calls follow one another. Resolves to the number
   * of finished steps, fewer after `abort`. Where memory cannot be shared it runs on a copy, on one worker.
   */
  async run(plan: number, count: number, steps: number, threads: number): Promise<number> {
    if (this.#closed) this.#refuse("run");
    this.#check("run", threads);
    const task = this.#tasks + 1;
    return this.#enqueue(async () => {
      if (task <= this.#cancelled) return 0;
      if (this.#workerless) return this.#alone({ plan, count, steps, threads: 1 });
      if (!canShareMemory()) return this.#apart(plan, count, steps);
      try {
        await this.#crew.prepare(threads);
      } catch (error) {
        return this.#without(error, plan, count, steps);
      }
      if (task <= this.#cancelled) return 0;
      this.#crew.dispatch({ plan, count, steps, threads }, false);
      await this.#crew.finished();
      this.#crew.throwTrap();
      return this.stepsDone;
    });
  }

  /** Ends all jobs of `run` asked for so far, the present one after the launch that each thread is in; they resolve to their finished steps. */
  abort(): void {
    this.#cancelled = this.#tasks;
    if (this.#pending > 0) this.#crew.raise(control.ABORT_CANCELLED);
  }

  /** Aborts what runs and ends all workers. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.abort();
    await this.#queue;
    await this.#crew.dismiss();
    await this.#solitary?.terminate();
  }

  /** Where the calling thread may block (a page's own worker) nothing is gained by another thread. */
  async #apart(plan: number, count: number, steps: number): Promise<number> {
    if (this.mayBlock) return this.#alone({ plan, count, steps, threads: 1 });
    this.#words[control.ABORT >> 2] = control.ABORT_NONE;
    this.#words[control.STEPS_DONE >> 2] = 0;
    try {
      this.#solitary ??= new Solitary(this.memory, this.#modules, this.startWorker());
      return await this.#solitary.run([plan, count, steps, 0, 1]);
    } catch (error) {
      return this.#without(error, plan, count, steps);
    }
  }

  /** Goes on where no worker starts: in a page on its own thread, with a warning, which is better than nothing. @throws what it is given elsewhere */
  #without(error: unknown, plan: number, count: number, steps: number): number {
    const failure = error instanceof TetradError ? error.cause : error;
    if (isNode() || !(failure instanceof NoWorker)) throw error;
    this.#workerless = true;
    const { workerUrl, onWarning } = this.options;
    const hint =
      workerUrl === undefined
        ? "serve @tetrad/engine/worker.js from this site and name its address in createEngine({ workerUrl })"
        : "workerUrl must be the address of @tetrad/engine/worker.js on this site";
    onWarning?.(`the page's own thread computes, and is blocked meanwhile: ${failure.message}; ${hint}`);
    return this.#alone({ plan, count, steps, threads: 1 });
  }

  #alone(job: Job): number {
    this.#words[control.ABORT >> 2] = control.ABORT_NONE;
    this.#words[control.STEPS_DONE >> 2] = 0;
    try {
      return this.#part(job);
    } catch (error) {
      throw trapError(0, (error as Error).message, error);
    }
  }

  /** What thread 0 does of a job. */
  #part({ plan, count, steps, threads, trace }: Job): number {
    if (trace !== undefined) return trace.run(plan, count, steps, 0, threads, trace.clock, trace.stamps);
    return this.#runSteps(plan, count, steps, 0, threads);
  }

  #once(name: string, load: () => Promise<void>): Promise<void> {
    const known = this.#loading.get(name);
    if (known !== undefined) return known;
    const loading = load();
    this.#loading.set(name, loading);
    // A download that failed may be tried again.
    loading.catch(() => this.#loading.delete(name));
    return loading;
  }

  /** Instantiates on this thread; workers follow before their next job. Slot 0 stays empty: it means "no kernel". */
  #adopt(name: string, module: WebAssembly.Module, kernels: readonly string[]): void {
    const { exports } = new WebAssembly.Instance(module, {
      env: { memory: this.memory.memory, table: this.#table, now: () => (this.#clockOrigin ?? 0) + performance.now() },
    });
    const slots = kernels.map((kernel) => {
      const f = exports[kernel];
      if (typeof f !== "function") {
        const what = `module ${name} lacks the kernel ${kernel}`;
        throw new TetradError("INTERNAL", { op: "ensure", what, hint: "rebuild the kernels" });
      }
      const slot = this.#slots.size + 1;
      if (slot >= this.#table.length) this.#table.grow(this.#table.length);
      this.#table.set(slot, f);
      this.#slots.set(kernel, slot);
      return [kernel, slot] as const;
    });
    this.#modules.push({ module, slots });
  }

  #check(op: string, threads: number): void {
    if (Number.isInteger(threads) && threads >= 1 && threads <= this.maxThreads) return;
    throw new TetradError("ARGUMENT", { op, what: "not a number of threads", got: `${threads}`, expected: `1 to ${this.maxThreads}` });
  }

  #refuse(op: string): never {
    if (this.#closed) throw new TetradError("ARGUMENT", { op, what: "the engine is closed" });
    throw new TetradError("ARGUMENT", { op, what: "another job is running", hint: "await it first" });
  }

  async #enqueue<R>(task: () => Promise<R>): Promise<R> {
    this.#pending++;
    this.#tasks++;
    const turn = this.#queue.then(task).finally(() => this.#pending--);
    this.#queue = turn.catch(() => {});
    return turn;
  }
}
