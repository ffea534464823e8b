/**
 * The machine's own rate of 128-bit multiply-adds on one thread, by the kernel core/probe_fma, which never leaves registers. It takes part in every
 * comparison: GEMM is held against it, and two runs are compared in its units, because the clock of a shared machine is never the same twice.
 */
import { createEngine } from "@tetrad/engine";
import { local } from "./contender.js";

/** Operations of one repetition of core/probe_fma: 10 chains of 4 lanes, 16 rounds, a multiplication and an addition each. */
const OPERATIONS = 10 * 4 * 16 * 2;
/** About 0.5 ms a call: long against the call itself, short enough to be repeated when something else runs. */
const REPETITIONS = 20_000;

/** Operations of one call of the yardstick. */
export const YARDSTICK_FLOPS = OPERATIONS * REPETITIONS;

export interface Yardstick {
  sample(milliseconds: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** The part of the wasm backend that the probe needs: no op reaches a kernel that computes nothing. */
interface Runtime {
  readonly memory: {
    allocate(bytes: number): number;
    f32(address: number, length: number): Float32Array;
    i32(address: number, length: number): Int32Array;
  };
  slot(kernel: string): number;
  runSync(address: number, count: number, steps: number, threads: number): void;
}

export async function createYardstick(): Promise<Yardstick> {
  const engine = await createEngine({ backend: "wasm", threads: 1 });
  const { runtime } = engine.backend as unknown as { readonly runtime: Runtime };
  const { memory } = runtime;
  const address = memory.allocate(512);
  // The kernel starts from the numbers at its result, which must be neither subnormal nor NaN.
  memory.f32(address + 128, 40).fill(0.5);
  const words = [runtime.slot("probe_fma"), 0, 5, address + 128, REPETITIONS];
  memory.i32(address, words.length).set(words);
  return { sample: local(() => runtime.runSync(address, 1, 1, 1)), close: () => engine.close() };
}
