// The roof that GEMM is held against: the machine's own rate of 128-bit multiply-adds, by the kernel core/probe_fma, which never leaves registers.
import { local } from "./measure.mjs";

/** Operations of one repetition of core/probe_fma: 10 chains of 4 lanes, 16 rounds, a multiplication and an addition each. */
const OPERATIONS = 10 * 4 * 16 * 2;
/** About 0.5 ms a call: long against the call itself, short enough to be retried when something else runs. */
const REPETITIONS = 20_000;

/** Operations of one call of the contender below. */
export const PEAK_FLOPS = OPERATIONS * REPETITIONS;

/** @param {import("@tetrad/engine").Engine} engine on the wasm backend */
export function peakContender(engine) {
  const { runtime } = engine.backend;
  const { memory } = runtime;
  const address = memory.allocate(512);
  // The kernel starts from the numbers at its result, which must be neither subnormal nor NaN.
  memory.f32(address + 128, 40).fill(0.5);
  const words = [runtime.slot("probe_fma"), 0, 5, address + 128, REPETITIONS];
  memory.i32(address, words.length).set(words);
  return { name: "peak", sample: local(() => runtime.runSync(address, 1, 1, 1)), close: () => memory.free(address) };
}
