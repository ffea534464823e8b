/** The GPU backend: hand-written WGSL shaders on any WebGPU adapter, f32 and i32. */

import type { DType } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Machine } from "../../explain.js";
import type { Backend, CompileRequest, Executable, Segment } from "../backend.js";
import { WebGpuDevice } from "./device.js";
import { WebGpuExecutable } from "./executable.js";
import { WebGpuSegment } from "./segment.js";

export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly build = "wgsl";
  readonly threads = 1;
  readonly why: string;

  private constructor(readonly gpu: WebGpuDevice) {
    this.why = `webgpu on ${gpu.name}`;
  }

  /** @throws TetradError UNSUPPORTED where there is no adapter that the kernels can use */
  static async create(): Promise<WebGpuBackend> {
    return new WebGpuBackend(await WebGpuDevice.open());
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

  machine(): Machine {
    return { flopsPerSecond: Number.NaN, bytesPerSecond: Number.NaN, describe: this.why };
  }

  /** Ends Dawn's event loop, which keeps a process alive as long as there is a device. */
  async close(): Promise<void> {
    this.gpu.destroy();
  }
}
