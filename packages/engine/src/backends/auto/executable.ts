/** One program on two backends: compiled for the CPU, for the GPU too where that may pay, and run where it is faster. */

import type { HostArray } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Plan } from "../../plan/plan.js";
import type { Timeline } from "../../timeline.js";
import type { BatchSource, CompileRequest, Executable, LaunchChoice, LaunchTime, NonFinite, Segment, Tuned } from "../backend.js";
import type { WebGpuDevice } from "../webgpu/device.js";
import type { WebGpuExecutable } from "../webgpu/executable.js";
import type { AutoSegment } from "./segment.js";

/** The request with the segments that one of the backends knows. */
export function requestFor(request: CompileRequest, side: (segment: AutoSegment) => Segment): CompileRequest {
  const { leaves, training, ...rest } = request;
  const own = (segment: Segment) => side(segment as AutoSegment);
  return {
    ...rest,
    leaves: new Map([...leaves].map(([tensor, binding]) => [tensor, { ...binding, segment: own(binding.segment) }])),
    ...(training && {
      training: { ...training, params: own(training.params), moments: training.moments.map(own), scalars: own(training.scalars) },
    }),
  };
}

export class AutoExecutable implements Executable {
  readonly #segments: readonly AutoSegment[];
  readonly #written: readonly AutoSegment[];
  /** Of the optimiser: a GPU run brings them back each time. */
  readonly #scalars: AutoSegment | undefined;
  /** Where the last run was. */
  #last: Executable;

  constructor(
    request: CompileRequest,
    private readonly cpu: Executable,
    private readonly gpu: WebGpuExecutable | undefined,
    private readonly device: WebGpuDevice | undefined,
    /** Where asynchronous runs go, and why. */
    private readonly onGpu: boolean,
    private readonly why: string,
  ) {
    const { training } = request;
    const leaves = [...request.leaves.values()].map(({ segment }) => segment);
    const states = request.graph.assignments
      .map(({ state }) => request.leaves.get(state)?.segment)
      .filter((segment) => segment !== undefined);
    const trained = training === undefined ? [] : [training.params, ...training.moments, training.scalars];
    this.#segments = [...new Set([...leaves, ...trained] as AutoSegment[])];
    this.#written = [...new Set([...states, ...trained] as AutoSegment[])];
    this.#scalars = training?.scalars as AutoSegment | undefined;
    this.#last = onGpu ? (gpu as Executable) : cpu;
  }

  get plan(): Plan | undefined {
    return this.cpu.plan;
  }

  get runsOn(): "wasm" | "webgpu" {
    return this.onGpu ? "webgpu" : "wasm";
  }

  get placement(): string {
    return this.onGpu ? this.why : `${this.cpu.placement}; ${this.why}`;
  }

  write(name: string, data: ArrayLike<number>): void {
    this.cpu.write(name, data);
    this.gpu?.write(name, data);
  }

  read(name: string): HostArray {
    return this.#last.read(name);
  }

  setLive(axis: string, length: number): void {
    this.cpu.setLive(axis, length);
    this.gpu?.setLive(axis, length);
  }

  /** On the calling thread there is only the CPU. */
  runSync(): void {
    if (this.#segments.some(({ isAway }) => isAway))
      throw new TetradError("ARGUMENT", {
        op: "run",
        what: "what this program goes on from is on the GPU",
        hint: "await program.pull() first, or use the asynchronous call",
      });
    this.#last = this.cpu;
    this.cpu.runSync();
    for (const segment of this.#written) segment.hostChanged();
  }

  async run(): Promise<void> {
    await this.#on((executable) => executable.run());
  }

  async pull(): Promise<void> {
    await Promise.all(this.#segments.map((segment) => segment.pull()));
  }

  async attach(source: BatchSource): Promise<void> {
    const columns = (side: (segment: AutoSegment) => Segment) =>
      new Map([...source.columns].map(([name, segment]) => [name, side(segment as AutoSegment)]));
    await this.cpu.attach({ ...source, columns: columns((segment) => segment.host) });
    if (this.gpu === undefined || this.device === undefined) return;
    const { device } = this;
    await this.gpu.attach({ ...source, columns: columns((segment) => segment.on(device)) });
    for (const segment of source.columns.values()) (segment as AutoSegment).push();
  }

  runSteps(steps: number, rates: Float64Array): Promise<number> {
    return this.#on((executable) => executable.runSteps(steps, rates));
  }

  setRate(rate: number): void {
    this.cpu.setRate(rate);
    // The rate's place follows the step, which the CPU may have moved on.
    this.#scalars?.push();
    this.gpu?.setRate(rate);
  }

  get stopped(): boolean {
    return this.#last.stopped;
  }

  losses(count: number): Float64Array {
    return this.#last.losses(count);
  }

  profile(): LaunchTime[] | Promise<LaunchTime[]> {
    return this.onGpu ? this.#on((executable) => executable.profile() as Promise<LaunchTime[]>) : this.cpu.profile();
  }

  trace(steps: number): Promise<Timeline> {
    return this.#on((executable) => executable.trace(steps));
  }

  tune(seconds: number): Tuned {
    return this.cpu.tune(seconds);
  }

  choices(): LaunchChoice[] {
    return this.onGpu ? (this.gpu as WebGpuExecutable).choices() : this.cpu.choices();
  }

  findNonFinite(): NonFinite | undefined | Promise<NonFinite | undefined> {
    return this.#last.findNonFinite();
  }

  close(): void {
    this.cpu.close();
    this.gpu?.close();
  }

  /** Does something where the plan runs, the newest values being there. */
  async #on<T>(run: (executable: Executable) => Promise<T>): Promise<T> {
    if (!this.onGpu) {
      await this.pull();
      this.#last = this.cpu;
      const result = await run(this.cpu);
      for (const segment of this.#written) segment.hostChanged();
      return result;
    }
    for (const segment of this.#segments) segment.push();
    this.#last = this.gpu as Executable;
    const result = await run(this.#last);
    this.#scalars?.takeMirror();
    return result;
  }
}
