/** A compiled plan on a WebGPU device: dispatches that each run replays in one pass and one submit. */

import type { HostArray } from "../../dtype.js";
import { hostArray } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import { type MadePlan, makePlan } from "../../plan/make.js";
import { formatShape, sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import type { Timeline } from "../../timeline.js";
import type { BatchSource, CompileRequest, Executable, LaunchChoice, LaunchTime, Tuned } from "../backend.js";
import type { WebGpuDevice } from "./device.js";
import { type Dispatch, encode, type Replay, type Step } from "./encode.js";
import { COPY_DST, MAP_MODE_READ, MAP_READ } from "./flags.js";
import { deviceBytes, fromDevice, toDevice, WebGpuSegment } from "./segment.js";
import { Storage } from "./storage.js";

/** Where an output lands in the staging buffer that the host maps. */
interface Landing {
  readonly tensor: Tensor;
  readonly at: number;
  readonly bytes: number;
  readonly host: HostArray;
}

export class WebGpuExecutable implements Executable {
  readonly #live: Map<string, number>;
  readonly #landings = new Map<string, Landing>();
  #staging: GPUBuffer | undefined;
  #stagingBytes = 0;
  #closed = false;

  private constructor(
    readonly gpu: WebGpuDevice,
    readonly plan: MadePlan,
    readonly request: CompileRequest,
    private readonly storage: Storage,
    private readonly replay: Replay,
    private readonly randomState: WebGpuSegment,
  ) {
    this.#live = new Map(request.maxima);
    for (const [name, tensor] of plan.outputs) {
      const bytes = deviceBytes(tensor.dtype, tensor.size);
      this.#landings.set(name, { tensor, at: this.#stagingBytes, bytes, host: hostArray(tensor.dtype, tensor.size) });
      this.#stagingBytes += bytes;
    }
  }

  static async compile(gpu: WebGpuDevice, request: CompileRequest): Promise<WebGpuExecutable> {
    const { graph } = request;
    const plan = makePlan({ graph, outputs: request.outputs });
    const randomState = new WebGpuSegment(gpu, "i32", 4);
    const storage = new Storage(gpu, plan, request.leaves, undefined);
    try {
      const replay = await encode(plan.launches, {
        gpu,
        storage,
        randomState: randomState.buffer,
        live: request.maxima,
        storageOf: (tensor) => plan.storageOf(tensor),
        kept: [...plan.outputs.values()],
      });
      randomState.write([request.seed | 0, Math.floor(request.seed / 2 ** 32) | 0, 0, 0]);
      return new WebGpuExecutable(gpu, plan, request, storage, replay, randomState);
    } catch (error) {
      storage.release();
      randomState.release();
      throw error;
    }
  }

  get placement(): string {
    return `webgpu on ${this.gpu.name}`;
  }

  write(name: string, data: ArrayLike<number>): void {
    const tensor = this.plan.inputs.get(name);
    if (tensor === undefined) {
      throw new TetradError("ARGUMENT", {
        op: "write",
        what: `no input "${name}"`,
        expected: [...this.plan.inputs.keys()].join(", ") || "none",
      });
    }
    const live = this.#liveSize(tensor);
    if (data.length !== tensor.size && data.length !== live) {
      throw new TetradError("SHAPE", {
        op: "write",
        what: `wrong number of values for input "${name}"`,
        got: `${data.length}`,
        expected: `${live} for ${formatShape(tensor.shape)}`,
      });
    }
    if (data.length > 0) this.gpu.queue.writeBuffer(this.storage.of(tensor).buffer, 0, toDevice(tensor.dtype, data));
  }

  read(name: string): HostArray {
    const landing = this.#landings.get(name);
    if (landing === undefined)
      throw new TetradError("ARGUMENT", { op: "read", what: `no output "${name}"`, expected: [...this.plan.outputs.keys()].join(", ") });
    return landing.host;
  }

  setLive(axis: string, length: number): void {
    const maximum = this.request.maxima.get(axis);
    if (maximum === undefined || !Number.isInteger(length) || length < 0 || length > maximum) {
      throw new TetradError("ARGUMENT", {
        op: "setLive",
        what: `no such length of the bounded axis "${axis}"`,
        got: `${length}`,
        expected: maximum === undefined ? "a declared axis" : `0 to ${maximum}`,
      });
    }
    if (this.#live.get(axis) === length) return;
    this.#live.set(axis, length);
    this.replay.setLive(axis, length);
  }

  runSync(): void {
    throw new TetradError("UNSUPPORTED", {
      op: "run",
      what: "WebGPU cannot run on the calling thread",
      hint: 'use the asynchronous call, or backend "wasm"',
    });
  }

  async run(): Promise<void> {
    this.#open();
    for (const segment of this.storage.segments) segment.push();
    this.randomState.push();
    const encoder = this.gpu.device.createCommandEncoder();
    this.#pass(encoder);
    await this.#collect(encoder);
    for (const { state } of this.request.graph.assignments)
      (this.request.leaves.get(state)?.segment as WebGpuSegment | undefined)?.written();
  }

  #pass(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass();
    replaySteps(pass, this.replay.steps);
    pass.end();
  }

  /** Submits, and waits for the outputs. */
  async #collect(encoder: GPUCommandEncoder): Promise<void> {
    const { device, queue } = this.gpu;
    const { fault } = this.replay;
    const faultAt = this.#stagingBytes;
    const size = this.#stagingBytes + (fault === undefined ? 0 : 16);
    this.#staging ??= device.createBuffer({ size: Math.max(size, 16), usage: MAP_READ | COPY_DST });
    for (const { tensor, at, bytes } of this.#landings.values()) {
      if (tensor.size === 0) continue;
      encoder.copyBufferToBuffer(this.storage.of(tensor).buffer, 0, this.#staging, at, bytes);
    }
    if (fault !== undefined) encoder.copyBufferToBuffer(fault, 0, this.#staging, faultAt, 16);
    queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(MAP_MODE_READ);
    const mapped = this.#staging.getMappedRange();
    for (const { tensor, at, host } of this.#landings.values()) if (tensor.size > 0) fromDevice(tensor.dtype, mapped, at, host);
    this.gpu.check();
    const bad = fault !== undefined && new Uint32Array(mapped, faultAt, 1)[0] !== 0;
    this.#staging.unmap();
    if (!bad) return;
    queue.writeBuffer(fault as GPUBuffer, 0, new Uint32Array(4));
    throw new TetradError("DATA", {
      op: "run",
      what: "an index lies outside the axis that it selects from",
      hint: "check labels and indices against the extents they are used with",
    });
  }

  attach(_source: BatchSource): void {
    throw this.#notYet("fit");
  }

  runSteps(): Promise<number> {
    throw this.#notYet("fit");
  }

  setRate(): void {
    throw this.#notYet("step");
  }

  get stopped(): boolean {
    return false;
  }

  losses(): Float64Array {
    return new Float64Array(0);
  }

  profile(): LaunchTime[] {
    throw this.#notYet("explain");
  }

  trace(): Promise<Timeline> {
    throw this.#notYet("trace");
  }

  tune(): Tuned {
    throw this.#notYet("tune");
  }

  choices(): LaunchChoice[] {
    throw this.#notYet("explain");
  }

  findNonFinite(): { readonly title: string; readonly site: string | undefined } | undefined {
    return undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.storage.release();
    this.randomState.release();
    this.#staging?.destroy();
  }

  #open(): void {
    if (this.#closed) throw new TetradError("ARGUMENT", { op: "run", what: "the program is closed" });
    if (this.gpu.lost !== undefined) {
      throw new TetradError("DEVICE_LOST", {
        op: "run",
        what: `the WebGPU device was lost: ${this.gpu.lost}`,
        hint: 'create a new engine, or use backend "wasm"',
      });
    }
  }

  #liveSize({ bound, size, shape }: Tensor): number {
    if (bound === undefined) return sizeOf(shape);
    return ((this.#live.get(bound.name) as number) * bound.times * size) / (shape[0] as number);
  }

  #notYet(op: string): TetradError {
    return new TetradError("UNSUPPORTED", { op, what: "WebGPU does not do this", hint: 'use backend "wasm"' });
  }
}

function replaySteps(pass: GPUComputePassEncoder, steps: readonly Step[]): void {
  for (const step of steps) {
    if ("turns" in step) for (let turn = 0; turn < step.turns; turn++) replaySteps(pass, step.body);
    else dispatch(pass, step);
  }
}

function dispatch(pass: GPUComputePassEncoder, { pipeline, group, x, y }: Dispatch): void {
  if (x === 0) return;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(x, y);
}
