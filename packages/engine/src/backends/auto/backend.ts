/** The backend that nobody has to choose: each plan runs on the CPU or the GPU, whichever is faster for it. */

import type { DType } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Machine } from "../../explain.js";
import type { Backend, CompileRequest, Executable, Segment } from "../backend.js";
import { WasmBackend, type WasmOptions } from "../wasm/backend.js";
import type { WebGpuDevice } from "../webgpu/device.js";
import type { WebGpuExecutable } from "../webgpu/executable.js";
import { crossing, decide, describeDecision, formatSeconds, NEVER_WORTH, predict, product, type Rates, wasmRates } from "./decide.js";
import { AutoExecutable, requestFor } from "./executable.js";
import type { Probed } from "./probe.js";
import { AutoSegment } from "./segment.js";

export interface AutoOptions extends WasmOptions {
  /** Whether what is measured of a GPU is kept for later processes, and taken from earlier ones: true unless told, or unless TETRAD_CACHE is "off". */
  readonly cache?: boolean;
}

/** Seconds that a step is predicted to take on the CPU, below which it is timed there before a GPU is believed to be faster. */
const SOON = 0.1;

export class AutoBackend implements Backend {
  readonly name = "auto";
  #probed: Promise<Probed> | undefined;
  #device: Promise<WebGpuDevice> | undefined;
  #losses = 0;

  private constructor(
    private readonly wasm: WasmBackend,
    private readonly options: AutoOptions,
  ) {}

  static async create(options: AutoOptions): Promise<AutoBackend> {
    return new AutoBackend(await WasmBackend.create(options), options);
  }

  get build(): string {
    return this.wasm.build;
  }

  get threads(): number {
    return this.wasm.threads;
  }

  get why(): string {
    return `${this.wasm.why}; plans that a GPU may do faster are measured against it`;
  }

  allocate(dtype: DType, length: number): Segment {
    return new AutoSegment(this.wasm.allocate(dtype, length));
  }

  async compile(request: CompileRequest): Promise<Executable> {
    const cpu = await this.wasm.compile(requestFor(request, (segment) => segment.host));
    const launches = cpu.plan?.launches ?? [];
    const quick = predict(launches, ROUGH);
    const stay = (why: string) => new AutoExecutable(request, cpu, undefined, undefined, false, why);
    const { runsOn } = request;
    if (runsOn !== undefined && runsOn !== "webgpu") return stay("where the training began");
    if (runsOn === undefined && quick < NEVER_WORTH)
      return stay(`predicted ${formatSeconds(quick)} a step, below what any GPU takes to answer`);
    const probed = await this.#probe();
    if (typeof probed === "string") return stay(`no GPU: ${probed}`);
    const onCpu = { name: "wasm", seconds: predict(launches, wasmRates(this.wasm.machine(), this.wasm.threads)) };
    const onGpu = { name: "webgpu", seconds: predict(launches, probed) };
    const first = decide(onCpu, onGpu);
    const cpuName = `wasm ${this.wasm.build}-simd ×${this.wasm.threads}`;
    if (runsOn === undefined && first.name === "wasm" && !first.close)
      return stay(describeDecision(cpuName, onCpu.seconds, "predicted", `webgpu predicted ${formatSeconds(onGpu.seconds)}`));
    // A processor that also does other work measures itself too slow, by a factor of ten and more. What the plan itself takes there is soon known, and shaders for
    // a GPU that then loses may take minutes to compile.
    const timed = runsOn === undefined && (first.close || onCpu.seconds < SOON) ? await secondsOf(cpu) : undefined;
    const second = timed === undefined ? first : decide({ name: "wasm", seconds: timed }, onGpu);
    if (timed !== undefined && second.name === "wasm" && !second.close)
      return stay(describeDecision(cpuName, timed, "measured", `webgpu predicted ${formatSeconds(onGpu.seconds)}`));
    let gpu: WebGpuExecutable;
    let device: WebGpuDevice;
    try {
      const { WebGpuExecutable } = await import("../webgpu/executable.js");
      device = await this.#open();
      const own = device;
      gpu = await WebGpuExecutable.compile(
        own,
        requestFor(request, (segment) => segment.on(own)),
      );
    } catch (error) {
      // What WebGPU cannot do (f64, a value larger than it binds) the CPU can.
      if (!(error instanceof TetradError) || !["UNSUPPORTED", "OUT_OF_MEMORY", "DEVICE_LOST"].includes(error.code)) throw error;
      return stay(`not on the GPU: ${error.message}`);
    }
    if (runsOn === "webgpu") return new AutoExecutable(request, cpu, gpu, device, true, `webgpu, where the training began; ${device.name}`);
    const cpuTime = timed === undefined ? `predicted ${formatSeconds(onCpu.seconds)}` : `measured ${formatSeconds(timed)}`;
    const onDevice = (seconds: number, how: string) => {
      const why = describeDecision("webgpu", seconds, how, `${cpuName} ${cpuTime}`);
      return new AutoExecutable(request, cpu, gpu, device, true, `${why}; ${device.name}`);
    };
    if (timed === undefined || !second.close) return onDevice(onGpu.seconds, "predicted");
    const gpuSeconds = await secondsOf(gpu);
    if (gpuSeconds < timed) return onDevice(gpuSeconds, "measured");
    gpu.close();
    return stay(describeDecision(cpuName, timed, "measured", `webgpu measured ${formatSeconds(gpuSeconds)}`));
  }

  /**
   * Products of n × n matrices on both, and where the GPU becomes the faster one.
   * @param anew measure the GPU now, whatever was kept of it
   */
  async curve({ anew = false }: { readonly anew?: boolean } = {}): Promise<Curve> {
    const cpu = wasmRates(this.wasm.machine(), this.wasm.threads);
    const probed = await this.#probe(anew);
    const gpu = typeof probed === "string" ? undefined : probed;
    const sizes = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
    return {
      cpu,
      gpu: probed,
      points: sizes.map((n) => ({ n, cpuSeconds: predict([product(n)], cpu), gpuSeconds: gpu && predict([product(n)], gpu) })),
      crossing: gpu && crossing(cpu, gpu),
    };
  }

  defineKernels(name: string, bytes: BufferSource): Promise<void> {
    return this.wasm.defineKernels(name, bytes);
  }

  machine(): Machine {
    return this.wasm.machine();
  }

  /** A GPU that was lost once is asked again; after a second time everything stays on the CPU. */
  async recover(): Promise<string> {
    const lost = this.#device;
    this.#device = undefined;
    (await lost?.catch(() => undefined))?.destroy();
    if (++this.#losses < 2) {
      try {
        return `a new device, ${(await this.#open()).name}`;
      } catch {
        this.#device = undefined;
      }
    }
    this.#probed = Promise.resolve("it was lost");
    return "the CPU";
  }

  async close(): Promise<void> {
    await this.wasm.close();
    (await this.#device?.catch(() => undefined))?.destroy();
  }

  /** What the adapter does, or why there is none; found out once a process. */
  #probe(anew = false): Promise<Probed> {
    const { cache = true, onWarning: warn } = this.options;
    if (anew || this.#probed === undefined) this.#probed = import("./probe.js").then(({ probe }) => probe({ cache, anew, warn }));
    return this.#probed;
  }

  #open(): Promise<WebGpuDevice> {
    this.#device ??= import("../webgpu/device.js").then(({ WebGpuDevice }) => WebGpuDevice.open());
    return this.#device;
  }
}

/** Predicted times of one product, by the side of its matrices. */
export interface Curve {
  readonly cpu: Rates;
  /** Or why there is none. */
  readonly gpu: Probed;
  readonly points: readonly { readonly n: number; readonly cpuSeconds: number; readonly gpuSeconds: number | undefined }[];
  /** The first power of two from which on the GPU is faster; undefined where it never is. */
  readonly crossing: number | undefined;
}

/** A rather fast CPU: what it does below NEVER_WORTH needs no measurement. */
const ROUGH: Rates = {
  name: "wasm",
  gemmFlopsPerSecond: 4e10,
  flopsPerSecond: 2e10,
  bytesPerSecond: 1e10,
  secondsPerLaunch: 2e-7,
  secondsPerStep: 0,
};

/** Of one step: the fastest of several runs of each launch. The program's state is as before. */
async function secondsOf(executable: Executable): Promise<number> {
  const times = await executable.profile();
  return times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1e6;
}
