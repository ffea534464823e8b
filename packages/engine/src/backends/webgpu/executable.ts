/** A compiled plan on a WebGPU device: dispatches that each run replays in one pass and one submit. */

import { type HostArray, hostArray, isFloat } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { MadePlan } from "../../plan/make.js";
import { launchTitle } from "../../plan/plan.js";
import { formatSite } from "../../site.js";
import type { Tensor } from "../../tensor.js";
import type { Timeline } from "../../timeline.js";
import {
  type BatchSource,
  type Binding,
  type CompileRequest,
  type Executable,
  type LaunchChoice,
  type LaunchTime,
  type NonFinite,
  SCALAR,
  type Training,
  type Tuned,
} from "../backend.js";
import { largestValues } from "../largest.js";
import { badIndex, inputOf, outputOf, planOf, requireLength, requireLive, stepsTaken } from "../planned.js";
import { gatherLaunches, RING } from "../training.js";
import { refuseF64 } from "./chain-shader.js";
import type { WebGpuDevice } from "./device.js";
import { encode } from "./encode.js";
import { COPY_DST, MAP_MODE_READ, MAP_READ } from "./flags.js";
import { profile, trace } from "./profile.js";
import { type Replay, replaySteps, type Step } from "./replay.js";
import { deviceBytes, fromDevice, toDevice, WebGpuSegment } from "./segment.js";
import { snapshot } from "./snapshot.js";
import { Storage } from "./storage.js";

/** Where something that the host reads after a run lands in the staging buffer. */
interface Landing {
  readonly buffer: GPUBuffer;
  readonly from: number;
  readonly bytes: number;
  take(mapped: ArrayBuffer, at: number): void;
}

/** Steps that the queue may hold while the host goes on: more would only delay a cancellation. */
const IN_FLIGHT = 2;
/** The news of a loss may come after what it makes fail (ms). */
const LOSS_MS = 200;
/** Behind the scalars that every backend has: not 0 once a loss was not finite; shaders/lib/step_scalars.wgsl. */
const STOPPED = 5;

/** Storage of a training step besides parameters and moments. */
interface TrainingStorage {
  readonly ring: WebGpuSegment;
  readonly rates: WebGpuSegment;
  readonly gradients: WebGpuSegment;
}

export class WebGpuExecutable implements Executable {
  readonly #live: Map<string, number>;
  readonly #hosts = new Map<string, HostArray>();
  readonly #outputs: Landing[] = [];
  readonly #after: Landing[] = [];
  readonly #written: readonly WebGpuSegment[];
  #epoch: { readonly replay: Replay; readonly storage: Storage } | undefined;
  #staging: GPUBuffer | undefined;
  #fault = false;
  #closed = false;

  private constructor(
    readonly gpu: WebGpuDevice,
    readonly plan: MadePlan,
    readonly request: CompileRequest,
    private readonly storage: Storage,
    private readonly replay: Replay,
    private readonly randomState: WebGpuSegment,
    private readonly training: TrainingStorage | undefined,
  ) {
    this.#live = new Map(request.maxima);
    for (const [name, tensor] of plan.outputs) {
      const host = hostArray(tensor.dtype, tensor.size);
      this.#hosts.set(name, host);
      if (tensor.size === 0) continue;
      const { buffer, offset } = storage.of(tensor);
      const take = (mapped: ArrayBuffer, at: number) => fromDevice(tensor.dtype, mapped, at, host);
      this.#outputs.push({ buffer, from: offset * 4, bytes: deviceBytes(tensor.dtype, tensor.size), take });
    }
    const states = request.graph.assignments.map(({ state }) => request.leaves.get(state)?.segment as WebGpuSegment | undefined);
    const trained = request.training === undefined ? [] : [request.training.params, ...request.training.moments];
    this.#written = [...new Set([...states, ...(trained as WebGpuSegment[])])].filter((segment) => segment !== undefined);
    if (request.training !== undefined) {
      const scalars = request.training.scalars as WebGpuSegment;
      this.#after.push({ buffer: scalars.buffer, from: 0, bytes: scalars.buffer.size, take: (mapped, at) => scalars.adopt(mapped, at) });
    }
    const { fault } = replay;
    if (fault !== undefined) {
      const take = (mapped: ArrayBuffer, at: number) => {
        this.#fault = new Uint32Array(mapped, at, 1)[0] !== 0;
      };
      this.#after.push({ buffer: fault, from: 0, bytes: 16, take });
    }
  }

  static async compile(gpu: WebGpuDevice, request: CompileRequest): Promise<WebGpuExecutable> {
    const { training } = request;
    // What has no elements is never launched, so that its type would pass unseen.
    refuseF64(request.outputs.values());
    const own: WebGpuSegment[] = [];
    const allocate = (dtype: WebGpuSegment["dtype"], length: number): WebGpuSegment => {
      const segment = new WebGpuSegment(gpu, dtype, length);
      own.push(segment);
      return segment;
    };
    let storage: Storage | undefined;
    try {
      const randomState = allocate("i32", 4);
      const trainingStorage = training && {
        ring: allocate("f64", RING),
        rates: allocate("f64", RING),
        gradients: allocate(training.params.dtype, training.params.length),
      };
      const { plan, bindings } = planOf(request, trainingStorage && { ...trainingStorage, randomState });
      storage = new Storage(gpu, plan, bindings, trainingStorage?.gradients);
      const replay = await encode(plan.launches, {
        gpu,
        storage,
        randomState: randomState.buffer,
        live: request.maxima,
        storageOf: (tensor) => plan.storageOf(tensor),
        kept: [...plan.outputs.values()],
      });
      await gpu.allocated(storage.asked, () => largestValues(plan));
      return new WebGpuExecutable(gpu, plan, request, storage, replay, randomState, trainingStorage);
    } catch (error) {
      storage?.release();
      for (const segment of own) segment.release();
      throw error;
    }
  }

  readonly runsOn = "webgpu";

  get placement(): string {
    return `webgpu on ${this.gpu.name}`;
  }

  write(name: string, data: ArrayLike<number>): void {
    const tensor = inputOf(this.plan, name);
    requireLength(name, tensor, data.length, this.#live);
    if (data.length > 0) this.gpu.queue.writeBuffer(this.storage.of(tensor).buffer, 0, toDevice(tensor.dtype, data));
  }

  read(name: string): HostArray {
    return outputOf(this.#hosts, name);
  }

  setLive(axis: string, length: number): void {
    requireLive(this.request.maxima, axis, length);
    if (this.#live.get(axis) === length) return;
    this.#live.set(axis, length);
    this.replay.setLive(axis, length);
    this.#epoch?.replay.setLive(axis, length);
  }

  runSync(): void {
    throw new TetradError("UNSUPPORTED", {
      op: "run",
      what: "WebGPU cannot run on the calling thread",
      hint: 'use the asynchronous call, or backend "wasm"',
    });
  }

  async run(): Promise<void> {
    this.#begin();
    const encoder = this.gpu.device.createCommandEncoder();
    this.#pass(encoder, [this.replay]);
    await this.#collect(encoder, [...this.#outputs, ...this.#after]);
  }

  async pull(): Promise<void> {
    for (const segment of this.storage.segments) await segment.pull();
  }

  async attach(source: BatchSource): Promise<void> {
    this.#epoch?.storage.release();
    const { graph } = this.request;
    const training = this.#training("attach").training;
    const bindings = new Map<Tensor, Binding>();
    const launches = gatherLaunches(graph, training, source, (leaf, segment) => bindings.set(leaf, { segment, offset: 0 }));
    // The batches are the step's own inputs.
    const storage = new Storage(this.gpu, { ...this.plan, inputs: new Map(), constants: new Map() }, bindings, undefined);
    for (const tensor of this.plan.inputs.values()) storage.share(tensor, this.storage.of(tensor));
    const replay = await encode(launches, {
      gpu: this.gpu,
      storage,
      randomState: this.randomState.buffer,
      live: this.#live,
      storageOf: (tensor) => tensor,
      kept: [],
    });
    await this.gpu.allocated(storage.asked, () => largestValues(this.plan));
    this.#epoch = { replay, storage };
  }

  async runSteps(steps: number, rates: Float64Array): Promise<number> {
    const { training, own } = this.#training("runSteps");
    const epoch = this.#epoch;
    if (epoch === undefined) throw new TetradError("INTERNAL", { op: "runSteps", what: "no data set attached" });
    const first = stepsTaken(this.request.training);
    this.#writeRates(own.rates, first, rates.subarray(0, steps));
    for (const segment of epoch.storage.segments) segment.push();
    this.#begin();
    const inFlight: Promise<unknown>[] = [];
    for (let i = 0; i < steps; i++) {
      const encoder = this.gpu.device.createCommandEncoder();
      this.#pass(encoder, [epoch.replay, this.replay]);
      if (i === steps - 1) {
        const ring = {
          buffer: own.ring.buffer,
          from: 0,
          bytes: own.ring.buffer.size,
          take: (mapped: ArrayBuffer, at: number) => own.ring.adopt(mapped, at),
        };
        await this.#collect(encoder, [ring, ...this.#outputs, ...this.#after]);
        break;
      }
      this.gpu.queue.submit([encoder.finish()]);
      inFlight.push(this.gpu.queue.onSubmittedWorkDone());
      if (inFlight.length >= IN_FLIGHT) await this.#answered(inFlight.shift() as Promise<unknown>);
    }
    return (training.scalars.view()[SCALAR.step] as number) - first;
  }

  setRate(rate: number): void {
    const { own } = this.#training("setRate");
    this.#writeRates(own.rates, stepsTaken(this.request.training), [rate]);
  }

  /** Straight to the device: the table's other entries are of no interest any more. */
  #writeRates({ buffer }: WebGpuSegment, first: number, rates: ArrayLike<number>): void {
    for (let i = 0; i < rates.length; ) {
      const at = (first + i) % RING;
      const count = Math.min(rates.length - i, RING - at);
      this.gpu.queue.writeBuffer(
        buffer,
        at * 4,
        Float32Array.from({ length: count }, (_, k) => rates[i + k] as number),
      );
      i += count;
    }
  }

  get stopped(): boolean {
    const scalars = this.request.training?.scalars.view();
    return scalars !== undefined && scalars[STOPPED] !== 0;
  }

  losses(count: number): Float64Array {
    const ring = this.#training("losses").own.ring.view();
    const end = stepsTaken(this.request.training);
    return Float64Array.from({ length: count }, (_, i) => ring[(end - count + i + RING) % RING] as number);
  }

  async profile(): Promise<LaunchTime[]> {
    this.#begin();
    const restore = snapshot(this.gpu, this.storage.segments);
    const times = await profile(this.gpu, this.replay.steps);
    restore();
    this.gpu.check();
    return times;
  }

  /** One thread: the device, whose clock gives begin and end of every launch. */
  async trace(steps: number): Promise<Timeline> {
    this.#begin();
    const restore = snapshot(this.gpu, this.storage.segments);
    const timeline = await trace(this.gpu, this.replay.steps, steps);
    restore();
    this.gpu.check();
    return timeline;
  }

  tune(): Tuned {
    throw new TetradError("UNSUPPORTED", { op: "tune", what: "shaders are chosen by shape, there is nothing to search" });
  }

  choices(): LaunchChoice[] {
    return this.plan.launches.map((launch) => ({ title: launchTitle(launch), variant: undefined, source: "chosen by shape" }));
  }

  /** Runs launch by launch and looks at what each has made; the state of the program is as before. */
  async findNonFinite(): Promise<NonFinite | undefined> {
    this.#begin();
    const restore = snapshot(this.gpu, this.storage.segments);
    try {
      for (let i = 0; i < this.replay.steps.length; i++) {
        const step = this.replay.steps[i] as Step;
        const encoder = this.gpu.device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        replaySteps(pass, [step]);
        pass.end();
        const made = step.launch.outputs.filter((y) => isFloat(y.dtype) && y.size > 0 && this.storage.has(y));
        let bad = false;
        const landings = made.map((y): Landing => {
          const { buffer, offset } = this.storage.of(y);
          const take = (mapped: ArrayBuffer, at: number) => {
            bad ||= new Float32Array(mapped, at, y.size).some((x) => !Number.isFinite(x));
          };
          return { buffer, from: offset * 4, bytes: y.size * 4, take };
        });
        await this.#collect(encoder, landings);
        if (!bad) continue;
        const node = step.launch.nodes[step.launch.nodes.length - 1];
        return { title: `launch ${i}: ${launchTitle(step.launch)}`, site: formatSite(node?.site) };
      }
      return undefined;
    } finally {
      restore();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.storage.release();
    this.#epoch?.storage.release();
    this.randomState.release();
    for (const segment of Object.values(this.training ?? {})) (segment as WebGpuSegment).release();
    this.#staging?.destroy();
  }

  /** What the host has changed goes to the device; random numbers follow the step of the store. */
  #begin(): void {
    if (this.#closed) throw new TetradError("ARGUMENT", { op: "run", what: "the program is closed" });
    this.gpu.requirePresent();
    const scalars = this.request.training?.scalars;
    if (this.stopped) scalars?.write([0], STOPPED);
    for (const segment of this.storage.segments) segment.push();
    if (!this.replay.draws && this.#epoch?.replay.draws !== true) return;
    const step = stepsTaken(this.request.training);
    const { seed } = this.request;
    const state = Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32) | 0, step | 0, Math.floor(step / 2 ** 32) | 0);
    this.gpu.queue.writeBuffer(this.randomState.buffer, 0, state);
  }

  #pass(encoder: GPUCommandEncoder, replays: readonly Replay[]): void {
    const pass = encoder.beginComputePass();
    for (const { steps } of replays) replaySteps(pass, steps);
    pass.end();
  }

  /** Submits, and brings what the host reads. */
  async #collect(encoder: GPUCommandEncoder, landings: readonly Landing[]): Promise<void> {
    const { device, queue } = this.gpu;
    const size = landings.reduce((sum, { bytes }) => sum + bytes, 16);
    if (this.#staging === undefined || this.#staging.size < size) {
      this.#staging?.destroy();
      this.#staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    }
    let at = 0;
    for (const { buffer, from, bytes } of landings) {
      encoder.copyBufferToBuffer(buffer, from, this.#staging, at, bytes);
      at += bytes;
    }
    queue.submit([encoder.finish()]);
    for (const segment of this.#written) segment.written();
    await this.#answered(this.#staging.mapAsync(MAP_MODE_READ));
    this.gpu.check();
    const mapped = this.#staging.getMappedRange();
    at = 0;
    for (const { bytes, take } of landings) {
      take(mapped, at);
      at += bytes;
    }
    this.#staging.unmap();
    if (!this.#fault) return;
    this.#fault = false;
    queue.writeBuffer(this.replay.fault as GPUBuffer, 0, new Uint32Array(4));
    throw badIndex();
  }

  /** What a lost device refuses becomes the coded error. */
  async #answered(promise: Promise<unknown>): Promise<void> {
    try {
      await promise;
    } catch (cause) {
      await this.gpu.whenLost(LOSS_MS);
      this.gpu.requirePresent();
      throw cause;
    }
    this.gpu.requirePresent();
  }

  #training(op: string): { readonly training: Training; readonly own: TrainingStorage } {
    const { training } = this.request;
    if (training === undefined || this.training === undefined)
      throw new TetradError("INTERNAL", { op, what: "the program does not train" });
    return { training, own: this.training };
  }
}
