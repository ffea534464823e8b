/** What the machine's GPU does, for predictions: measured once, kept for the process, and in Node given back at once, since an open device keeps a process alive. */

import { TetradError } from "../../errors.js";
import { calibrate } from "../webgpu/calibrate.js";
import { WebGpuDevice } from "../webgpu/device.js";
import type { Rates } from "./decide.js";

/** Rates, or a sentence that says why there is no GPU. */
export type Probed = Rates | string;

let known: Promise<Probed> | undefined;

export function probe(warn: ((message: string) => void) | undefined): Promise<Probed> {
  known ??= measure(warn);
  return known;
}

async function measure(warn: ((message: string) => void) | undefined): Promise<Probed> {
  let gpu: WebGpuDevice;
  try {
    gpu = await WebGpuDevice.open();
  } catch (error) {
    if (error instanceof TetradError && error.code === "UNSUPPORTED") return error.message;
    throw error;
  }
  try {
    const { flopsPerSecond, bytesPerSecond, gemmFlopsPerSecond, secondsPerLaunch, secondsPerSubmit } = await calibrate(gpu);
    return { name: gpu.name, gemmFlopsPerSecond, flopsPerSecond, bytesPerSecond, secondsPerLaunch, secondsPerStep: secondsPerSubmit };
  } catch (error) {
    // A driver that fails at the simplest kernels is no GPU for us; the user should know.
    const message = error instanceof Error ? error.message : String(error);
    warn?.(`the GPU ${gpu.name} is not used: ${message}`);
    return `${gpu.name} failed its first kernels: ${message}`;
  } finally {
    gpu.destroy();
  }
}
