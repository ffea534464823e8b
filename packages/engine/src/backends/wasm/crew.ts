/** The worker threads of a runtime: starting them, keeping their modules up to date, setting them on a job, waiting for its end. */

import { control } from "@tetrad/kernels-wasm";
import { TetradError } from "../../errors.js";
import type { WasmMemory } from "./memory.js";
import { availableThreads } from "./threads.js";
import {
  BELL,
  type FromWorker,
  JOB_LOAD,
  JOB_RUN,
  JOB_RUN_POST,
  JOB_TRACE,
  LINE_BYTES,
  type LoadedModule,
  NoWorker,
  PARKED,
  READY,
  THREAD,
  TRAP_BYTES,
  type WorkerHandle,
} from "./worker-source.js";

export type RunSteps = (plan: number, count: number, steps: number, thread: number, threads: number) => number;
export type RunTraced = (...all: [...Parameters<RunSteps>, clock: number, stamps: number]) => number;

/** `count` launches of the plan at an address, `steps` times. */
export interface Job {
  readonly plan: number;
  readonly count: number;
  readonly steps: number;
  readonly threads: number;
  /** Stamps every launch: the kernel that plays such a plan, slot of the clock, address of the stamps. */
  readonly trace?: { readonly run: RunTraced; readonly clock: number; readonly stamps: number } | undefined;
}

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

export class Crew {
  readonly #members: Member[] = [];
  readonly #lines: number;
  readonly #trap: number;
  readonly #cores = availableThreads();
  /** Control block and the lines of all workers; what else the memory grows by is not the crew's concern. */
  private readonly words: Int32Array;
  #onMessage: (() => void) | undefined;
  #failure: unknown;
  #dismissed = false;

  /** `modules` grows as the runtime loads more; workers follow before their next job. */
  constructor(
    private readonly memory: WasmMemory,
    private readonly modules: readonly LoadedModule[],
    private readonly startWorker: () => WorkerHandle,
    maxThreads: number,
  ) {
    this.#trap = memory.allocate(TRAP_BYTES);
    this.#lines = memory.allocate(maxThreads * LINE_BYTES);
    const end = this.#lines + maxThreads * LINE_BYTES;
    this.words = memory.i32(0, end >> 2);
    this.words.fill(0, this.#lines >> 2, end >> 2);
  }

  /** Resolves when so many workers are ready for a job. Throws INTERNAL when one cannot start. */
  async prepare(workers: number): Promise<void> {
    const summoned = this.#summon(workers);
    await this.#until(() => summoned.every(({ line, messages }) => Atomics.load(this.words, line + READY) === messages));
  }

  /** Workers that were started. */
  get size(): number {
    return this.#members.length;
  }

  /** As prepare, but blocks this thread. */
  prepareSync(workers: number): void {
    if (this.#members.length >= workers && this.#members.every(({ modules }) => modules === this.modules.length)) return;
    for (const { line, messages } of this.#summon(workers)) {
      const at = line + READY;
      for (let ready = Atomics.load(this.words, at); ready !== messages; ready = Atomics.load(this.words, at)) {
        if (ready < 0 || Atomics.wait(this.words, at, ready, START_LIMIT_MS) === "timed-out") {
          throw new TetradError("INTERNAL", {
            op: "runSync",
            what: "a worker thread did not start",
            hint: "await start() first, or use one thread",
          });
        }
      }
    }
  }

  /** Sets prepared workers on a job: as threads 1, 2, … beside the caller, which then must `join`; or as all threads, see `finished`. */
  dispatch({ plan, count, steps, threads, trace }: Job, beside: boolean): void {
    const { words } = this;
    const first = beside ? 1 : 0;
    words[control.ABORT >> 2] = control.ABORT_NONE;
    words[control.BARRIER_ARRIVED >> 2] = 0;
    words[control.STOP_LATCHED >> 2] = 0;
    words[control.STEPS_DONE >> 2] = 0;
    words[control.SPIN >> 2] = threads <= this.#cores ? SPIN_FREE : SPIN_CROWDED;
    words[control.JOB_KIND >> 2] = trace !== undefined ? JOB_TRACE : beside ? JOB_RUN : JOB_RUN_POST;
    words[control.JOB_PLAN >> 2] = plan;
    words[control.JOB_COUNT >> 2] = count;
    words[control.JOB_STEPS >> 2] = steps;
    words[control.JOB_THREADS >> 2] = threads;
    words[control.JOB_CLOCK >> 2] = trace?.clock ?? 0;
    words[control.JOB_STAMPS >> 2] = trace?.stamps ?? 0;
    words[control.JOB_PENDING >> 2] = threads - first;
    for (let thread = first; thread < threads; thread++) {
      const member = this.#members[thread - first] as Member;
      words[member.line + THREAD] = thread;
      this.#ring(member);
    }
  }

  /** Waits, on this thread, until all workers have finished. */
  join(): void {
    const { words } = this;
    const pending = control.JOB_PENDING >> 2;
    for (let spins = words[control.SPIN >> 2] as number; spins > 0; spins--) if (Atomics.load(words, pending) === 0) return;
    for (let left = Atomics.load(words, pending); left !== 0; left = Atomics.load(words, pending)) Atomics.wait(words, pending, left);
  }

  /** Resolves when all workers have finished. */
  async finished(): Promise<void> {
    await this.#until(() => Atomics.load(this.words, control.JOB_PENDING >> 2) === 0);
  }

  /** Ends the job: the flag first, then the generation on which barriers wait, see assembly/lib/barrier.ts. */
  raise(reason: number): void {
    Atomics.compareExchange(this.words, control.ABORT >> 2, control.ABORT_NONE, reason);
    Atomics.add(this.words, control.BARRIER_GENERATION >> 2, 1);
    Atomics.notify(this.words, control.BARRIER_GENERATION >> 2);
  }

  /** Throws the error of the worker whose kernel trapped in the last job, if one did. */
  throwTrap(): void {
    if (this.words[control.ABORT >> 2] !== control.ABORT_TRAPPED) return;
    const [length = 0, thread = 0] = this.memory.i32(this.#trap, 2);
    // A copy, because text may not be decoded from shared memory.
    throw trapError(thread, new TextDecoder().decode(this.memory.u8(this.#trap + 8, length).slice()));
  }

  async dismiss(): Promise<void> {
    this.#dismissed = true;
    await Promise.all(this.#members.map(({ handle }) => handle.terminate()));
  }

  /** Starts workers that are missing and posts modules that they lack; they answer in their own time. */
  #summon(workers: number): Member[] {
    while (this.#members.length < workers) {
      const handle = this.startWorker();
      const line = this.#lines + this.#members.length * LINE_BYTES;
      this.#members.push({ handle, line: line >> 2, modules: this.modules.length, messages: 1 });
      handle.listen(
        (message) => this.#receive(message),
        (error) => this.#fail(error),
      );
      handle.post({ kind: "start", memory: this.memory.memory, line, trap: this.#trap, modules: [...this.modules] });
    }
    const summoned = this.#members.slice(0, workers);
    for (const member of summoned) {
      if (member.modules === this.modules.length) continue;
      Atomics.store(this.words, control.JOB_KIND >> 2, JOB_LOAD);
      this.#ring(member);
      member.handle.post({ kind: "load", modules: this.modules.slice(member.modules) });
      member.modules = this.modules.length;
      member.messages++;
    }
    return summoned;
  }

  /** Wakes a worker; one that spins sees the bell by itself, and is spared the system call. */
  #ring({ line }: Member): void {
    Atomics.add(this.words, line + BELL, 1);
    if (Atomics.load(this.words, line + PARKED) !== 0) Atomics.notify(this.words, line + BELL);
  }

  /** Waits for messages from workers until the condition holds, and keeps the process alive meanwhile. */
  async #until(condition: () => boolean): Promise<void> {
    for (const { handle } of this.#members) handle.keepAlive(true);
    try {
      while (!condition()) {
        if (this.#failure !== undefined) {
          const got = String(this.#failure);
          throw new TetradError("INTERNAL", { op: "run", what: "a worker thread failed", got }, { cause: this.#failure });
        }
        await new Promise<void>((resolve) => {
          this.#onMessage = resolve;
        });
      }
    } finally {
      for (const { handle } of this.#members) handle.keepAlive(false);
    }
  }

  #receive(message: FromWorker): void {
    if (message.kind === "failed") this.#fail(new NoWorker(message.message));
    else this.#onMessage?.();
  }

  #fail(error: unknown): void {
    if (this.#dismissed) return;
    this.#failure ??= error;
    this.#onMessage?.();
  }
}

export function trapError(thread: number, message: string, cause?: unknown): TetradError {
  const hint = "this is a fault of the kernel or of its plan, not of your data; please report it";
  return new TetradError("INTERNAL", { op: "run", what: "a kernel trapped", got: `"${message}" on thread ${thread}`, hint }, { cause });
}
