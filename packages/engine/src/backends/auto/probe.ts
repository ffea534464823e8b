/**
 * What the machine's GPU does, for predictions: measured once and kept for its user, or where nothing can be kept for the process. In Node the device is given
 * back at once, since an open one keeps a process alive; rates that are kept need none.
 */

import { shaderBuild } from "@tetrad/kernels-wgsl";
import { TetradError } from "../../errors.js";
import { userCache } from "../../io/cache.js";
import { calibrate } from "../webgpu/calibrate.js";
import { describeAdapter, findAdapter, WebGpuDevice } from "../webgpu/device.js";
import { adapterKey, type MeasuredRates, ratesOf } from "./known-rates.js";

/** Rates, or a sentence that says why there is no GPU. */
export type Probed = MeasuredRates | string;

export interface ProbeOptions {
  /** Whether rates may come from an earlier process, and go to a later one. */
  readonly cache: boolean;
  /** Measure whatever is known. */
  readonly anew: boolean;
  readonly warn: ((message: string) => void) | undefined;
}

let known: Promise<Probed> | undefined;

export function probe(options: ProbeOptions): Promise<Probed> {
  if (known === undefined || options.anew) known = look(options);
  return known;
}

async function look({ cache, anew, warn }: ProbeOptions): Promise<Probed> {
  let adapter: GPUAdapter;
  try {
    adapter = await findAdapter();
  } catch (error) {
    if (error instanceof TetradError && error.code === "UNSUPPORTED") return error.message;
    throw error;
  }
  const name = describeAdapter(adapter);
  try {
    return await ratesOf(
      { key: adapterKey(adapter.info), name },
      shaderBuild,
      () => measure(adapter),
      cache ? userCache() : undefined,
      anew,
    );
  } catch (error) {
    // A driver that fails at the simplest kernels is no GPU for us; the user should know.
    const message = error instanceof Error ? error.message : String(error);
    warn?.(`the GPU ${name} is not used: ${message}`);
    return `${name} failed its first kernels: ${message}`;
  }
}

async function measure(adapter: GPUAdapter) {
  const gpu = await WebGpuDevice.on(adapter);
  try {
    const { flopsPerSecond, bytesPerSecond, gemmFlopsPerSecond, secondsPerLaunch, secondsPerSubmit } = await calibrate(gpu);
    return { gemmFlopsPerSecond, flopsPerSecond, bytesPerSecond, secondsPerLaunch, secondsPerStep: secondsPerSubmit };
  } finally {
    gpu.destroy();
  }
}
