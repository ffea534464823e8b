/** What an adapter can do, measured in a few tens of milliseconds: arithmetic, memory, matrix products, and what a launch and a submit cost. */

import { families, type Kernel, type Pass, passesOf } from "@tetrad/kernels-wgsl";
import type { WebGpuDevice } from "./device.js";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STORAGE, UNIFORM } from "./flags.js";
import { fold } from "./replay.js";

export interface Calibration {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of a matrix product that fills the device. */
  readonly gemmFlopsPerSecond: number;
  /** One more dispatch in a pass. */
  readonly secondsPerLaunch: number;
  /** A submit and the wait until the host has a result. */
  readonly secondsPerSubmit: number;
}

/** A probe grows until it takes so long (ms): shorter ones measure the wait, longer ones cost the user's time. */
const LONG_ENOUGH = 8;
/** Seconds of one dispatch from which on a device counts as full: a large GPU does the smallest ones in the time of a launch. */
const FULL = 5e-4;
const COPY_WORDS = [1 << 20, 1 << 24];
const FMA_THREADS = [1 << 14, 1 << 20];
const PRODUCTS = [256, 1024, 2048];

/** Dispatches of one kernel over buffers of its own. */
class Probe {
  private constructor(
    private readonly gpu: WebGpuDevice,
    private readonly pipeline: GPUComputePipeline,
    private readonly group: GPUBindGroup,
    private readonly dispatch: { readonly x: number; readonly y: number },
    private readonly staging: GPUBuffer,
    private readonly source: GPUBuffer,
    private readonly owned: readonly GPUBuffer[],
  ) {}

  static async create(
    gpu: WebGpuDevice,
    family: "core" | "dense",
    name: string,
    operands: readonly number[],
    words: readonly number[],
  ): Promise<Probe> {
    const { device } = gpu;
    const kernel = (families[family] as Readonly<Record<string, Kernel>>)[name] as Kernel;
    const shape = { ...gpu.traits, outputs: operands.slice(0, 1), inputs: operands.slice(1), words };
    const [{ shader, groups, consts }] = passesOf(kernel, shape) as [Pass];
    const text = await gpu.shaders.load(family, shader);
    const compiled = await gpu.pipeline(shader, text, consts?.(shape));
    const uniform = device.createBuffer({ size: 256, usage: UNIFORM | COPY_DST });
    device.queue.writeBuffer(uniform, 0, Uint32Array.from([...operands.map(() => 0), ...words]));
    const buffers = operands.map((elements) => device.createBuffer({ size: elements * 4, usage: STORAGE | COPY_SRC }));
    const group = device.createBindGroup({
      layout: compiled.layout,
      entries: compiled.bindings.map(({ number }) => ({
        binding: number,
        resource: { buffer: number === 0 ? uniform : (buffers[number - 1] as GPUBuffer) },
      })),
    });
    const staging = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
    const [source] = buffers as [GPUBuffer];
    const dispatch = { x: 0, y: 0 };
    fold(dispatch, groups(shape));
    return new Probe(gpu, compiled.pipeline, group, dispatch, staging, source, [uniform, staging, ...buffers]);
  }

  /** Milliseconds until the host has a word of what so many dispatches have made. */
  async run(dispatches: number): Promise<number> {
    const before = performance.now();
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, this.group);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(this.dispatch.x, this.dispatch.y);
    pass.end();
    encoder.copyBufferToBuffer(this.source, 0, this.staging, 0, 16);
    this.gpu.queue.submit([encoder.finish()]);
    await this.staging.mapAsync(MAP_MODE_READ);
    this.staging.unmap();
    return performance.now() - before;
  }

  /** Seconds of one dispatch, less what a submit costs. */
  async seconds(submit: number): Promise<number> {
    await this.run(1);
    for (let dispatches = 1; ; dispatches *= 4) {
      // The faster of two: drivers compile, and clocks rise, while the first ones run.
      const ms = Math.min(await this.run(dispatches), await this.run(dispatches)) - submit;
      if (ms >= LONG_ENOUGH || dispatches >= 4096) return Math.max(ms, 1e-3) / dispatches / 1e3;
    }
  }

  release(): void {
    for (const buffer of this.owned) buffer.destroy();
  }
}

export async function calibrate(gpu: WebGpuDevice): Promise<Calibration> {
  const empty = await Probe.create(gpu, "core", "copy_words", [64, 64], [64]);
  await empty.run(1);
  let submit = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) submit = Math.min(submit, await empty.run(1));
  const secondsPerLaunch = await empty.seconds(submit);
  /** The best rate of growing sizes, up to the first that fills the device. */
  const rate = async (
    sizes: readonly number[],
    work: (size: number) => number,
    open: (size: number) => Promise<Probe>,
  ): Promise<number> => {
    let best = 0;
    for (const size of sizes) {
      const probe = await open(size);
      const seconds = await probe.seconds(submit);
      probe.release();
      best = Math.max(best, work(size) / seconds);
      if (seconds >= FULL) break;
    }
    return best;
  };
  // 64 vec4 operations a round and thread
  const flopsPerSecond = await rate(
    FMA_THREADS,
    (threads) => threads * 64 * 64,
    (threads) => Probe.create(gpu, "core", "probe_fma", [threads], [64]),
  );
  const gemmFlopsPerSecond = await rate(
    PRODUCTS,
    (n) => 2 * n ** 3,
    (n) => Probe.create(gpu, "dense", "gemm", [n * n, n * n, n * n], [0, 0, n, n, n, n, n, n, 0, 0, 0, 0, 0]),
  );
  const bytesPerSecond = await rate(
    COPY_WORDS,
    (words) => 8 * words,
    (words) => Probe.create(gpu, "core", "copy_words", [words, words], [words]),
  );
  empty.release();
  gpu.check();
  return { flopsPerSecond, bytesPerSecond, gemmFlopsPerSecond, secondsPerLaunch, secondsPerSubmit: submit / 1e3 };
}
