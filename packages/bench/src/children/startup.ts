/** One start from nothing, timed phase by phase (ms). Prints JSON. */
const times: Record<string, number> = {};
let before = performance.now();
const lap = (phase: string): void => {
  times[phase] = performance.now() - before;
  before = performance.now();
};

const { adam, createEngine, mlp, mse } = await import("@tetrad/engine");
lap("import");
const engine = await createEngine();
lap("createEngine");
const model = mlp([4, 64, 32, 1], { activation: "relu" });
const store = engine.store(model.params);
const program = await engine.compile(
  store,
  { x: [32, 4], y: [32, 1] },
  (params, inputs) => {
    const { x, y } = inputs as Record<"x" | "y", Parameters<typeof mse>[0]>;
    return mse(model.apply(params, x, { training: true }), y);
  },
  { optimizer: adam({ lr: 1e-3 }) },
);
lap("compile");
const { loss } = program.stepSync({ x: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)), y: new Float32Array(32) });
lap("firstStep");
if (!Number.isFinite(loss)) throw new Error(`the first loss is ${loss}`);
process.stdout.write(JSON.stringify(times));
await engine.close();

export {};
