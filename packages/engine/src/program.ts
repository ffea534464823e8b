/// <reference lib="esnext.disposable" preserve="true" />
/** Compiled functions as a user holds them: data in, results out, everything else planned away; and what training steps share with them. */

import type { Executable, LaunchChoice, LaunchTime, NonFinite, Tuned } from "./backends/backend.js";
import type { HostArray } from "./dtype.js";
import { TetradError } from "./errors.js";
import { explainText, type Machine } from "./explain.js";
import { truths } from "./nd-input.js";
import { type MemoryMap, memoryMap } from "./plan/memory.js";
import { planText } from "./plan/plan.js";
import { formatShape, sameShape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import type { Timeline } from "./timeline.js";
import { flatten, type NestedNumbers } from "./trace.js";

export type Feed = NestedNumbers;
export type Feeds = Readonly<Record<string, Feed>>;

/** The value of what a backend may only know later. */
function atOnce<T>(value: T | Promise<T>, op: string, later: string): T {
  if (value instanceof Promise) throw new TetradError("UNSUPPORTED", { op, what: "this backend answers later", hint: `await ${later}()` });
  return value;
}

/** What compiled functions and training steps have in common. */
export abstract class Program {
  #running = false;
  /** Inputs that have elements, and no values yet */
  readonly #unwritten: Set<string>;

  constructor(
    protected readonly executable: Executable,
    protected readonly inputs: ReadonlyMap<string, Tensor>,
    private readonly machine: () => Machine | Promise<Machine>,
  ) {
    this.#unwritten = new Set([...inputs.keys()].filter((name) => this.inputSize(name) > 0));
  }

  /** Writes inputs; each keeps its value until it is written again. A bounded axis takes its live length from the data. */
  set(feeds: Feeds): void {
    this.write(this.executable, feeds);
  }

  protected write(executable: Executable, feeds: Feeds): void {
    for (const name in feeds) this.#write(executable, name, feeds[name] as Feed);
  }

  /** Throws ARGUMENT where an input that has elements was never written. */
  protected requireInputs(): void {
    if (this.#unwritten.size === 0) return;
    const [name] = this.#unwritten;
    throw new TetradError("ARGUMENT", { op: "run", what: `input "${name}" was never written` });
  }

  /** How many numbers an input takes. */
  inputSize(name: string): number {
    return this.inputs.get(name)?.size ?? 0;
  }

  #write(executable: Executable, name: string, feed: Feed): void {
    const tensor = this.inputs.get(name);
    const bound = tensor?.bound;
    const values = this.#flat(name, feed);
    const data = tensor?.dtype === "bool" ? truths(values) : values;
    this.#unwritten.delete(name);
    if (tensor !== undefined && bound !== undefined) {
      const perStep = (tensor.size / (tensor.shape[0] as number)) * bound.times;
      const length = data.length / perStep;
      if (!Number.isInteger(length)) {
        throw new TetradError("SHAPE", {
          op: "write",
          what: `input "${name}" does not hold whole rows`,
          got: `${data.length} values`,
          expected: `a multiple of ${perStep} for ${formatShape(tensor.shape)}`,
        });
      }
      executable.setLive(bound.name, length);
    }
    executable.write(name, data);
  }

  /** Numbers in a row; the shape that nested rows have must be the input's, but for a bounded axis. */
  #flat(name: string, feed: Feed): ArrayLike<number> {
    if (typeof feed === "number") return [feed];
    if (ArrayBuffer.isView(feed) || typeof (feed as ArrayLike<number>)?.[0] === "number") return feed as ArrayLike<number>;
    const { values, shape } = flatten(feed);
    const tensor = this.inputs.get(name);
    const free = tensor?.bound === undefined ? 0 : 1;
    if (tensor === undefined || sameShape(shape.slice(free), tensor.shape.slice(free))) return values;
    throw new TetradError("SHAPE", {
      op: "write",
      what: `"${name}" has another shape`,
      got: formatShape(shape),
      expected: formatShape(tensor.shape),
    });
  }

  /** One asynchronous run; a second one would overwrite the inputs of the first while it reads them. */
  protected async runAlone(prepare: () => void, executable: Executable = this.executable): Promise<void> {
    if (this.#running)
      throw new TetradError("ARGUMENT", {
        op: "run",
        what: "this program is still running",
        hint: "await the call before the next one, or compile a second program",
      });
    this.#running = true;
    try {
      prepare();
      await executable.run();
    } finally {
      this.#running = false;
    }
  }

  /**
   * Brings what the program goes on from to the host: parameters and states, and the moments of its optimiser. After asynchronous calls that ran on a GPU,
   * `stepSync` and `callSync` need it; `store.pull()` brings what `store.get` gives.
   */
  pull(): Promise<void> {
    return this.executable.pull();
  }

  /** Microseconds, FLOPs and bytes of each launch, measured now. @throws TetradError UNSUPPORTED where that cannot be done on the calling thread */
  profile(): LaunchTime[] {
    return atOnce(this.executable.profile(), "profile", "profileAsync");
  }

  /** As `profile`, on every backend. */
  async profileAsync(): Promise<LaunchTime[]> {
    return this.executable.profile();
  }

  /**
   * Every launch with shapes, bytes, FLOPs, time and share of the roofline; peak memory and what fills it.
   * @throws TetradError UNSUPPORTED where that cannot be done on the calling thread
   */
  explain(): string {
    return explainText(this.executable, this.profile(), atOnce(this.machine(), "explain", "explainAsync"));
  }

  /** As `explain`, on every backend. */
  async explainAsync(): Promise<string> {
    return explainText(this.executable, await this.profileAsync(), await this.machine());
  }

  /**
   * Runs `steps` steps on the present inputs with the clock read around every launch on every thread; parameters and results are as before.
   * `traceEvents` makes a file for Perfetto of it. The first runs of a program are slower than all that follow: V8 compiles meanwhile.
   * @throws TetradError UNSUPPORTED on the reference backend
   */
  trace(steps: number): Promise<Timeline> {
    return this.executable.trace(steps);
  }

  /**
   * Searches for `seconds` which thread count and which kernel variants are fastest for this plan on the present inputs, and adopts them; results
   * keep their bits, parameters their values. Give `table`, or several joined by `mergeTuning`, to `createEngine({ tuning })` next time.
   * @throws TetradError UNSUPPORTED on the reference backend
   */
  tune({ seconds = 2 }: { readonly seconds?: number } = {}): Tuned {
    return this.executable.tune(seconds);
  }

  /** Which variant of its kernel each launch uses, and who says so. */
  choices(): LaunchChoice[] {
    return this.executable.choices();
  }

  /** The plan as stable text, without measurements. */
  planText(): string {
    const { plan } = this.executable;
    if (plan === undefined) throw new TetradError("UNSUPPORTED", { op: "planText", what: "the reference backend makes no plan" });
    return planText(plan);
  }

  /** What the plan's memory holds between launches, and when: values by address and by the launches that touch them. */
  memory(): MemoryMap {
    const { plan } = this.executable;
    if (plan === undefined) throw new TetradError("UNSUPPORTED", { op: "memory", what: "the reference backend makes no plan" });
    return memoryMap(plan);
  }

  /** "wasm", "webgpu" or "reference": the backend that gives the same bits again. */
  get runsOn(): Executable["runsOn"] {
    return this.executable.runsOn;
  }

  /** One line: threads and why. */
  get placement(): string {
    return this.executable.placement;
  }

  /** First op that makes a NaN or an infinity from the present inputs, with the user's line; undefined when all is finite. */
  findNonFinite(): NonFinite | undefined {
    return atOnce(this.executable.findNonFinite(), "findNonFinite", "findNonFiniteAsync");
  }

  /** As `findNonFinite`, on every backend. */
  async findNonFiniteAsync(): Promise<NonFinite | undefined> {
    return this.executable.findNonFinite();
  }

  close(): void {
    this.executable.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export class FunctionProgram extends Program {
  readonly #names: readonly string[];
  #results: Readonly<Record<string, HostArray>> | undefined;

  constructor(
    executable: Executable,
    inputs: ReadonlyMap<string, Tensor>,
    readonly outputs: ReadonlyMap<string, Tensor>,
    machine: () => Machine | Promise<Machine>,
    private readonly checkFinite: boolean,
  ) {
    super(executable, inputs, machine);
    this.#names = [...outputs.keys()];
  }

  /**
   * Runs once on the calling thread.
   * @param feeds inputs to write first; those left out keep their values
   * @returns views of the outputs, overwritten by the next call
   */
  callSync(feeds?: Feeds): Readonly<Record<string, HostArray>> {
    if (feeds !== undefined) this.set(feeds);
    this.requireInputs();
    this.executable.runSync();
    return this.#read();
  }

  /** As `callSync`, leaving the event loop free. */
  async call(feeds?: Feeds): Promise<Readonly<Record<string, HostArray>>> {
    await this.runAlone(() => {
      if (feeds !== undefined) this.set(feeds);
      this.requireInputs();
    });
    const results = this.#collect();
    const bad = this.checkFinite ? this.#nonFinite(results) : undefined;
    if (bad !== undefined) throw nonFinite(bad, await this.findNonFiniteAsync());
    return results;
  }

  #read(): Readonly<Record<string, HostArray>> {
    const results = this.#collect();
    const bad = this.checkFinite ? this.#nonFinite(results) : undefined;
    if (bad !== undefined) throw nonFinite(bad, this.findNonFinite());
    return results;
  }

  #collect(): Readonly<Record<string, HostArray>> {
    // Views of wasm memory and landing places stay; the reference backend makes new arrays at each run.
    if (this.#results === undefined || this.executable.plan === undefined)
      this.#results = Object.fromEntries(this.#names.map((name) => [name, this.executable.read(name)]));
    return this.#results;
  }

  /** The first output element that is not finite, in words. */
  #nonFinite(results: Readonly<Record<string, HostArray>>): string | undefined {
    for (const name of this.#names) {
      const data = results[name] as HostArray;
      const index = data.findIndex((x) => !Number.isFinite(x));
      if (index >= 0) return `output "${name}" is ${data[index]} at element ${index}`;
    }
    return undefined;
  }
}

function nonFinite(what: string, culprit: NonFinite | undefined): TetradError {
  return new TetradError("DIVERGED", {
    op: "run",
    what: `${what}${culprit === undefined ? "" : `, first made by ${culprit.title}`}`,
    at: culprit?.site,
    hint: "look at the operands of that line: a logarithm or root of a negative number, a division by zero, an overflow",
  });
}
