/** Run with --expose-gc: what a step of the first network allocates, and what 100,000 of them leave behind. Prints JSON. */

import { openOwn } from "../own/engine.js";
import { mlpStep } from "../own/mlp.js";
import { mlpProblem, SMALL } from "../problems/mlp.js";

const STEPS = 100_000;
/** Short enough that no collection falls into a window: then the heap only grows by what is allocated. The reader of the heap allocates some, too. */
const WINDOW = 20_000;
const WINDOWS = 5;

export interface Garbage {
  readonly steps: number;
  readonly bytesPerStep: number;
  readonly heapGrowth: number;
  readonly wasmGrowth: number;
}

const { engine } = await openOwn();
const { params, inputs, loss, optimizer, batches } = mlpStep(mlpProblem(SMALL));
const program = await engine.compile(engine.store(params), inputs, loss, { optimizer });
const batch = batches[0] as Record<string, Float32Array>;
const collect = (globalThis as { gc?: () => void }).gc as () => void;
const steps = (count: number): void => {
  for (let i = 0; i < count; i++) program.stepSync(batch);
};
const heap = () => process.memoryUsage().heapUsed;
const { runtime } = engine.backend as unknown as { readonly runtime: { readonly memory: { readonly memory: WebAssembly.Memory } } };
const wasm = () => runtime.memory.memory.buffer.byteLength;

steps(20_000);
let bytesPerStep = Number.POSITIVE_INFINITY;
for (let window = 0; window < WINDOWS; window++) {
  collect();
  const empty = heap();
  const overhead = heap() - empty;
  const before = heap();
  steps(WINDOW);
  const grown = heap() - before - overhead;
  if (grown >= 0) bytesPerStep = Math.min(bytesPerStep, grown / WINDOW);
}
collect();
const [heapBefore, wasmBefore] = [heap(), wasm()];
steps(STEPS);
collect();
const garbage: Garbage = { steps: STEPS, bytesPerStep, heapGrowth: heap() - heapBefore, wasmGrowth: wasm() - wasmBefore };
process.stdout.write(JSON.stringify(garbage));
await engine.close();
