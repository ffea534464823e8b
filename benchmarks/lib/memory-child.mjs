// Run with --expose-gc: what a step of the first network allocates, and what 100,000 of them leave behind. Prints JSON.
import { open } from "../peers/tetrad.mjs";
import { makeProblem } from "../suites/mlp.mjs";

const STEPS = 100_000;
/** Short enough that no collection falls into a window: then the heap only grows by what is allocated. */
const WINDOW = 1000;
const WINDOWS = 20;

const tetrad = await open();
const { engine } = tetrad;
const problem = makeProblem({ sizes: [4, 64, 32, 1], activation: "relu", rows: 32 });
const { mlp, mse, adam } = await import("@tetrad/engine");
const model = mlp(problem.sizes);
const store = engine.store(model.params);
const program = await engine.compile(
  store,
  { x: [32, 4], y: [32, 1] },
  (params, { x, y }) => mse(model.apply(params, x, { training: true }), y),
  {
    optimizer: adam(),
  },
);
const [batch] = problem.batches;
const steps = (count) => {
  for (let i = 0; i < count; i++) program.stepSync(batch);
};
const heap = () => process.memoryUsage().heapUsed;
const wasm = () => engine.backend.runtime.memory.memory.buffer.byteLength;

steps(20_000);
let bytesPerStep = Number.POSITIVE_INFINITY;
for (let window = 0; window < WINDOWS; window++) {
  globalThis.gc();
  const empty = heap();
  const overhead = heap() - empty;
  const before = heap();
  steps(WINDOW);
  const grown = heap() - before - overhead;
  if (grown >= 0) bytesPerStep = Math.min(bytesPerStep, grown / WINDOW);
}
globalThis.gc();
const [heapBefore, wasmBefore] = [heap(), wasm()];
steps(STEPS);
globalThis.gc();
console.log(JSON.stringify({ steps: STEPS, bytesPerStep, heapGrowth: heap() - heapBefore, wasmGrowth: wasm() - wasmBefore }));
await engine.close();
