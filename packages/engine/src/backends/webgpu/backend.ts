/** The GPU backend: hand-written WGSL shaders on any WebGPU adapter, f32 and i32. */

import type { Traits } from "@tetrad/kernels-wgsl";
import type { DType } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Machine } from "../../explain.js";
import type { Backend, CompileRequest, Executable, Segment } from "../backend.js";
import { type Calibration, calibrate } from "./calibrate.js";
import { WebGpuDevice } from "./device.js";
import { WebGpuExecutable } from "./executable.js";
import { WebGpuSegment } from "./segment.js";

export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly build = "wgsl";
  readonly threads = 1;
  #calibration: Promise<Calibration> | undefined;

  private constructor(
    public gpu: WebGpuDevice,
    private readonly traits: Traits | undefined,
  ) {}

  get why(): string {
    return `webgpu on ${this.gpu.name}`;
  }

  /**
   * @param traits as of WebGpuDevice.open
   * @throws TetradError UNSUPPORTED where there is no adapter that the kernels can use
   */
  static async create(traits?: Traits): Promise<WebGpuBackend> {
    return new WebGpuBackend(await WebGpuDevice.open(traits), traits);
  }

  /** Another backend on the same device, as of WebGpuDevice.as; whichever is closed first closes it. */
  as(traits: Traits): WebGpuBackend {
    return new WebGpuBackend(this.gpu.as(traits), traits);
  }

  allocate(dtype: DType, length: number): Segment {
    return new WebGpuSegment(this.gpu, dtype, length);
  }

  compile(request: CompileRequest): Promise<Executable> {
    return WebGpuExecutable.compile(this.gpu, request);
  }

  async defineKernels(name: string): Promise<void> {
    throw new TetradError("UNSUPPORTED", { op: "defineKernels", what: `"${name}" is WebAssembly, which WebGPU does not run` });
  }

  async machine(): Promise<Machine> {
    const { flopsPerSecond, bytesPerSecond, gemmFlopsPerSecond, secondsPerLaunch, secondsPerSubmit } = await this.calibration();
    const giga = (rate: number) => (rate / 1e9).toPrecision(3);
    const micro = (seconds: number) => (seconds * 1e6).toPrecision(2);
    return {
      flopsPerSecond,
      bytesPerSecond,
      describe: `roof: ${giga(flopsPerSecond)} GFLOP/s, ${giga(bytesPerSecond)} GB/s; GEMM ${giga(gemmFlopsPerSecond)} GFLOP/s; ${micro(secondsPerLaunch)} µs a launch, ${micro(secondsPerSubmit)} µs a submit`,
    };
  }

  /** Measured at the first call. */
  calibration(): Promise<Calibration> {
    this.#calibration ??= calibrate(this.gpu);
    return this.#calibration;
  }

  async recover(): Promise<string> {
    this.gpu.destroy();
    try {
      this.gpu = await WebGpuDevice.open(this.traits);
    } catch (cause) {
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new TetradError("DEVICE_LOST", { op: "recover", what: "there is no other WebGPU device", got }, { cause });
    }
    this.#calibration = undefined;
    return `a new device, ${this.gpu.name}`;
  }

  /** Ends Dawn's event loop, which keeps a process alive as long as there is a device. */
  async close(): Promise<void> {
    this.gpu.destroy();
  }
}
