/** Runs plans in wasm: one memory, one set of table slots, and as many worker threads as were ever asked for. */

import { type Build, control, type KernelName, loadModule, type ModuleName, manifest } from "@tetrad/kernels-wasm";
import { TetradError } from "../../errors.js";
import { WasmMemory } from "./memory.js";
import { availableThreads, canBlock, canShareMemory } from "./threads.js";
import {
  BELL,
  type FromWorker,
  JOB_LOAD,
  JOB_RUN,
  JOB_RUN_POST,
  LINE_BYTES,
  type LoadedModule,
  PARKED,
  READY,
  THREAD,
  TRAP_BYTES,
  type WorkerHandle,
  workerStarter,
} from "./worker-source.js";

export interface RuntimeOptions {
  readonly build: Build;
  /** Most threads of any job; each costs 512 KiB of address space. Default: the cores available. */
  readonly maxThreads?: number;
  /** Where a page serves `workerSource` from, for pages whose policy forbids blob workers. */
  readonly workerUrl?: string | URL;
}

type RunSteps = (plan: number, count: number, steps: number, thread: number, threads: number) => number;

interface Member {
  readonly handle: WorkerHandle;
  /** Index in words of its cache line. */
  readonly line: number;
  /** Modules and messages posted to it so far. */
  modules: number;
  messages: number;
}

/** Polls before a thread sleeps, about 30 µs: what waking it costs. With more threads than cores the one awaited needs the core. */
const SPIN_FREE = 20_000;
const SPIN_CROWDED = 100;
/** Far beyond any start of a worker, so that a broken one ends in an error instead of a hang. */
const START_LIMIT_MS = 10_000;

export class WasmRuntime {
  readonly memory: WasmMemory;
  readonly build: Build;
  readonly maxThreads: number;
  readonly #words: Int32Array;
  readonly #table = new WebAssembly.Table({ initial: 256, element: "anyfunc" });
  readonly #slots = new Map<string, number>();
  readonly #modules: LoadedModule[] = [];
  readonly #loading = new Map<string, Promise<void>>();
  readonly #startWorker: () => WorkerHandle;
  readonly #members: Member[] = [];
  readonly #trap: number;
  readonly #lines: number;
  readonly #cores = availableThreads();
  readonly #mayBlock: boolean;
  #runSteps: RunSteps = () => 0;
  /** Tasks that have not ended; they follow one another, numbered from 1. */
  #pending = 0;
  #tasks = 0;
  #cancelled = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #onMessage: (() => void) | undefined;
  #failure: unknown;
  #closed = false;

  private constructor({ build, maxThreads }: RuntimeOptions, startWorker: () => WorkerHandle) {
    this.build = build;
    this.maxThreads = canShareMemory() ? Math.max(1, maxThreads ?? availableThreads()) : 1;
    this.memory = new WasmMemory(control.CONTROL_BYTES);
    this.#startWorker = startWorker;
    const scratch = this.memory.allocate(this.maxThreads * control.SCRATCH_BYTES);
    const shared = this.memory.allocate(control.SHARED_SCRATCH_BYTES);
    this.#trap = this.memory.allocate(TRAP_BYTES);
    this.#lines = this.memory.allocate(this.maxThreads * LINE_BYTES);
    this.#words = this.memory.i32(0, this.memory.memory.buffer.byteLength >> 2);
    this.#words.fill(0, this.#lines >> 2, (this.#lines + this.maxThreads * LINE_BYTES) >> 2);
    this.#words[control.SCRATCH_BASE >> 2] = scratch;
    this.#words[control.SHARED_SCRATCH_BASE >> 2] = shared;
    this.#mayBlock = canBlock(this.#words);
  }

  /** A runtime that can run plans of core kernels; threads start when first needed. Throws OUT_OF_MEMORY. */
  static async create(options: RuntimeOptions): Promise<WasmRuntime> {
    const runtime = new WasmRuntime(options, await workerStarter(options.workerUrl));
    await runtime.ensure(["core"]);
    return runtime;
  }

  /** Steps that the present job, or else the last, has finished. */
  get stepsDone(): number {
    return Atomics.load(this.#words, control.STEPS_DONE >> 2);
  }

  /** Makes the kernels of these modules available; a module is loaded once. */
  async ensure(modules: readonly ModuleName[]): Promise<void> {
    await Promise.all(
      modules.map((name) => this.#once(name, async () => this.#adopt(name, await loadModule(this.build, name), manifest[name]))),
    );
  }

  /**
   * Makes the kernels of an outside module available under the names of its exports, which it returns. The module must import
   * nothing but env.memory (shared) and env.table. Throws ARGUMENT when it imports more or when a name is taken.
   */
  async defineModule(name: string, bytes: BufferSource): Promise<readonly string[]> {
    const module = await WebAssembly.compile(bytes);
    const foreign = WebAssembly.Module.imports(module).find(({ module: from, name: what }) => from !== "env" || !(what === "memory" || what === "table"));
    if (foreign !== undefined) {
      throw new TetradError("ARGUMENT", { op: "defineModule", what: `module "${name}" needs an import that is not there`, got: `${foreign.module}.${foreign.name}`, expected: "env.memory and env.table only" });
    }
    const kernels = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function").map((entry) => entry.name);
    const taken = kernels.find((kernel) => this.#slots.has(kernel) || Object.values(manifest).some((names) => (names as readonly string[]).includes(kernel)));
    if (taken !== undefined) {
      throw new TetradError("ARGUMENT", { op: "defineModule", what: "the name of a kernel is taken", got: taken, hint: "prefix the names of your own kernels" });
    }
    await this.#once(`defined ${name}`, async () => this.#adopt(name, module, kernels));
    return kernels;
  }

  /** Whether a kernel's module is loaded. */
  has(kernel: string): boolean {
    return this.#slots.has(kernel);
  }

  /** The table slot of a kernel, the same on every thread. Throws INTERNAL when its module was not loaded. */
  slot(kernel: KernelName | (string & {})): number {
    const slot = this.#slots.get(kernel);
    if (slot === undefined) {
      throw new TetradError("INTERNAL", { op: "slot", what: "the kernel's module is not loaded", got: kernel, hint: "await ensure() with the modules of a plan first" });
    }
    return slot;
  }

  /**
   * Starts the workers for jobs on so many threads. Not needed, except where a caller wants to choose the moment, and in a
   * page's worker before `runSync` on several threads: there the first start needs the event loop.
   */
  async start(threads: number): Promise<void> {
    this.#check("start", threads);
    await this.#enqueue(() => this.#prepare(threads - 1));
  }

  /**
   * Plays `count` launches of the plan at an address `steps` times, the caller being thread 0; returns the number of finished
   * steps, fewer if a kernel has set STOP, which is the caller's to clear. Where the calling thread may not sleep (the main
   * thread of a page) one thread does all, to the same bits. Throws INTERNAL when a kernel traps, ARGUMENT while `run` is busy.
   */
  runSync(plan: number, count: number, steps: number, threads: number): number {
    if (this.#pending > 0 || this.#closed) this.#refuse("runSync");
    if (threads === 1 || !this.#mayBlock) return this.#alone(plan, count, steps);
    this.#check("runSync", threads);
    this.#prepareSync(threads - 1);
    this.#dispatch(JOB_RUN, plan, count, steps, threads, 1);
    let own: unknown;
    let done = 0;
    try {
      done = this.#runSteps(plan, count, steps, 0, threads);
    } catch (error) {
      own = error;
      this.#raise(control.ABORT_TRAPPED);
    }
    this.#join();
    if (own !== undefined) throw trapError(0, (own as Error).message, own);
    this.#throwTrap();
    return done;
  }

  /**
   * As runSync, wholly on workers, so that the event loop stays free; several calls follow one another. Resolves to the number
   * of finished steps, fewer after `abort`. Where memory cannot be shared it runs on the calling thread.
   */
  async run(plan: number, count: number, steps: number, threads: number): Promise<number> {
    if (this.#closed) this.#refuse("run");
    this.#check("run", threads);
    const task = this.#tasks + 1;
    return this.#enqueue(async () => {
      if (!canShareMemory()) return this.#alone(plan, count, steps);
      await this.#prepare(threads);
      if (task <= this.#cancelled) return 0;
      this.#dispatch(JOB_RUN_POST, plan, count, steps, threads, 0);
      await this.#until(() => Atomics.load(this.#words, control.JOB_PENDING >> 2) === 0);
      this.#throwTrap();
      return this.stepsDone;
    });
  }

  /** Ends all jobs of `run` asked for so far, the present one after the launch that each thread is in; they resolve to their finished steps. */
  abort(): void {
    this.#cancelled = this.#tasks;
    if (this.#pending > 0) this.#raise(control.ABORT_CANCELLED);
  }

  /** Aborts what runs and ends all workers. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.abort();
    await this.#queue;
    await Promise.all(this.#members.map(({ handle }) => handle.terminate()));
  }

  #alone(plan: number, count: number, steps: number): number {
    this.#words[control.ABORT >> 2] = control.ABORT_NONE;
    try {
      return this.#runSteps(plan, count, steps, 0, 1);
    } catch (error) {
      throw trapError(0, (error as Error).message, error);
    }
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
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.memory.memory, table: this.#table } });
    const slots = kernels.map((kernel) => {
      const f = exports[kernel];
      if (typeof f !== "function") throw new TetradError("INTERNAL", { op: "ensure", what: `module ${name} lacks the kernel ${kernel}`, hint: "rebuild the kernels" });
      const slot = this.#slots.size + 1;
      if (slot >= this.#table.length) this.#table.grow(this.#table.length);
      this.#table.set(slot, f);
      this.#slots.set(kernel, slot);
      return [kernel, slot] as const;
    });
    if (name === "core") this.#runSteps = exports["run_steps"] as RunSteps;
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

  /** Starts workers that are missing and posts modules that they lack; they answer in their own time. */
  #summon(workers: number): Member[] {
    while (this.#members.length < workers) {
      const handle = this.#startWorker();
      const line = this.#lines + this.#members.length * LINE_BYTES;
      const member = { handle, line: line >> 2, modules: this.#modules.length, messages: 1 };
      this.#members.push(member);
      handle.listen((message) => this.#receive(message), (error) => this.#fail(error));
      handle.post({ kind: "start", memory: this.memory.memory, line, trap: this.#trap, modules: [...this.#modules] });
    }
    const summoned = this.#members.slice(0, workers);
    for (const member of summoned) {
      if (member.modules === this.#modules.length) continue;
      Atomics.store(this.#words, control.JOB_KIND >> 2, JOB_LOAD);
      this.#ring(member);
      member.handle.post({ kind: "load", modules: this.#modules.slice(member.modules) });
      member.modules = this.#modules.length;
      member.messages++;
    }
    return summoned;
  }

  #isReady({ line, messages }: Member): boolean {
    return Atomics.load(this.#words, line + READY) === messages;
  }

  async #prepare(workers: number): Promise<void> {
    const summoned = this.#summon(workers);
    await this.#until(() => summoned.every((member) => this.#isReady(member)));
  }

  #prepareSync(workers: number): void {
    if (this.#members.length >= workers && this.#members.every(({ modules }) => modules === this.#modules.length)) return;
    for (const member of this.#summon(workers)) {
      const at = member.line + READY;
      for (let ready = Atomics.load(this.#words, at); ready !== member.messages; ready = Atomics.load(this.#words, at)) {
        if (ready < 0 || Atomics.wait(this.#words, at, ready, START_LIMIT_MS) === "timed-out") {
          throw new TetradError("INTERNAL", { op: "runSync", what: "a worker thread did not start", hint: "await start() first, or use one thread" });
        }
      }
    }
  }

  /** Waits for messages from workers until the condition holds, and keeps the process alive meanwhile. */
  async #until(condition: () => boolean): Promise<void> {
    for (const { handle } of this.#members) handle.keepAlive(true);
    try {
      while (!condition()) {
        if (this.#failure !== undefined) throw new TetradError("INTERNAL", { op: "run", what: "a worker thread failed", got: String(this.#failure) }, { cause: this.#failure });
        await new Promise<void>((resolve) => {
          this.#onMessage = resolve;
        });
      }
    } finally {
      for (const { handle } of this.#members) handle.keepAlive(false);
    }
  }

  #receive(message: FromWorker): void {
    if (message.kind === "failed") this.#fail(new Error(message.message));
    else this.#onMessage?.();
  }

  #fail(error: unknown): void {
    if (this.#closed && this.#pending === 0) return;
    this.#failure ??= error;
    this.#onMessage?.();
  }

  /** Sets workers on the job; the first of them is thread `first`. */
  #dispatch(kind: number, plan: number, count: number, steps: number, threads: number, first: number): void {
    const words = this.#words;
    words[control.ABORT >> 2] = control.ABORT_NONE;
    words[control.BARRIER_ARRIVED >> 2] = 0;
    words[control.STOP_LATCHED >> 2] = 0;
    words[control.STEPS_DONE >> 2] = 0;
    words[control.SPIN >> 2] = threads <= this.#cores ? SPIN_FREE : SPIN_CROWDED;
    words[control.JOB_KIND >> 2] = kind;
    words[control.JOB_PLAN >> 2] = plan;
    words[control.JOB_COUNT >> 2] = count;
    words[control.JOB_STEPS >> 2] = steps;
    words[control.JOB_THREADS >> 2] = threads;
    words[control.JOB_PENDING >> 2] = threads - first;
    for (let thread = first; thread < threads; thread++) {
      const member = this.#members[thread - first] as Member;
      words[member.line + THREAD] = thread;
      this.#ring(member);
    }
  }

  /** Wakes a worker; one that spins sees the bell by itself, and is spared the system call. */
  #ring({ line }: Member): void {
    Atomics.add(this.#words, line + BELL, 1);
    if (Atomics.load(this.#words, line + PARKED) !== 0) Atomics.notify(this.#words, line + BELL);
  }

  /** Waits, on this thread, until all workers have finished. */
  #join(): void {
    const words = this.#words;
    const pending = control.JOB_PENDING >> 2;
    for (let spins = words[control.SPIN >> 2] as number; spins > 0; spins--) if (Atomics.load(words, pending) === 0) return;
    for (let left = Atomics.load(words, pending); left !== 0; left = Atomics.load(words, pending)) Atomics.wait(words, pending, left);
  }

  /** The flag first, then the generation on which barriers wait: see assembly/lib/barrier.ts. */
  #raise(reason: number): void {
    Atomics.compareExchange(this.#words, control.ABORT >> 2, control.ABORT_NONE, reason);
    Atomics.add(this.#words, control.BARRIER_GENERATION >> 2, 1);
    Atomics.notify(this.#words, control.BARRIER_GENERATION >> 2);
  }

  #throwTrap(): void {
    if (this.#words[control.ABORT >> 2] !== control.ABORT_TRAPPED) return;
    const [length = 0, thread = 0] = this.memory.i32(this.#trap, 2);
    // A copy, because text may not be decoded from shared memory.
    throw trapError(thread, new TextDecoder().decode(this.memory.u8(this.#trap + 8, length).slice()));
  }
}

function trapError(thread: number, message: string, cause?: unknown): TetradError {
  return new TetradError("INTERNAL", { op: "run", what: "a kernel trapped", got: `"${message}" on thread ${thread}`, hint: "this is a fault of the kernel or of its plan, not of your data; please report it" }, { cause });
}
