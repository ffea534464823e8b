/** Measures the roof of one thread (multiply-adds and reads per second) in less than 40 ms, when somebody asks. */

import type { Machine } from "../../explain.js";
import type { WasmRuntime } from "./runtime.js";

/** Operations of one repetition of core/probe_fma. */
const FMA_OPERATIONS = 10 * 4 * 16 * 2;
/** Larger than the second-level caches of today's cores. */
const REGION_BYTES = 16 << 20;
/** Wasm has no on-stack replacement: only calls after the first few run optimised code, so the probe is many short calls. */
const CALL_REPETITIONS = 200;
/** V8 compiles hot wasm on a thread of its own, within some 10 ms for the long loop of multiply-adds and a few for that of reads. */
const FMA_MS = 20;
const READ_MS = 8;

/** Pages read the clock in steps of 0.005 to 0.1 ms: a sample must be long beside that. */
const CLOCK_MS = 1;

/** Beside other work one sample may last as long as all of them should: the fastest of a few is the machine's. */
const LEAST_SAMPLES = 4;

export function calibrate(runtime: WasmRuntime): Machine {
  const { memory } = runtime;
  const region = memory.allocate(REGION_BYTES);
  const words = memory.allocate(512);
  const result = words + 128;
  memory.f32(result, 40).fill(0.5);
  const fastest = (kernel: "probe_fma" | "probe_read", parameters: readonly number[], ms: number): number => {
    memory.i32(words, 3 + parameters.length).set([runtime.slot(kernel), 0, 3 + parameters.length, ...parameters]);
    let best = Number.POSITIVE_INFINITY;
    let calls = 1;
    const end = performance.now() + ms;
    let samples = 0;
    for (let now = performance.now(); now < end || samples < LEAST_SAMPLES; ) {
      const before = now;
      for (let i = 0; i < calls; i++) runtime.runSync(words, 1, 1, 1);
      now = performance.now();
      const taken = now - before;
      if (taken < CLOCK_MS) calls *= 2;
      else {
        best = Math.min(best, taken / calls);
        samples++;
      }
    }
    return best / 1000;
  };
  const flops = (FMA_OPERATIONS * CALL_REPETITIONS) / fastest("probe_fma", [result, CALL_REPETITIONS], FMA_MS);
  // A part that stays in cache compiles the loop; the whole region is then read from memory.
  fastest("probe_read", [result, region, 4096, 1], READ_MS);
  const bytes = REGION_BYTES / fastest("probe_read", [result, region, REGION_BYTES, 1], READ_MS);
  memory.free(words);
  memory.free(region);
  return {
    flopsPerSecond: flops,
    bytesPerSecond: bytes,
    describe: `roof of one thread: ${(flops / 1e9).toFixed(1)} GFLOP/s, ${(bytes / 1e9).toFixed(1)} GB/s from memory`,
  };
}
