// A run that was stopped and resumed must give the bits of one that never stopped; a ragged last batch must be the small batch it stands for.
import {
  adafactor,
  adam,
  createEngine,
  decodeState,
  type Engine,
  type EngineOptions,
  encodeState,
  type FitOptions,
  type FitRun,
  makeSchedule,
  mlp,
  mse,
  type Tensor,
  type TrainingState,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { optimizers } from "../support/optimizers.js";

const ROWS = 77;
const BATCH = 32;
const PER_EPOCH = 3;
const EPOCHS = 8;

/** Smooth, not random: the same numbers in every engine, and something to learn. */
const x = Float32Array.from({ length: ROWS * 4 }, (_, i) => Math.sin(0.37 * i) + 0.3 * Math.cos(1.7 * i));
const y = Float32Array.from({ length: ROWS }, (_, row) => {
  const [a, b, c, d] = x.subarray(row * 4, row * 4 + 4) as unknown as [number, number, number, number];
  return a * b + Math.tanh(c) - 0.5 * d;
});
const data = { x: { data: x, shape: [ROWS, 4] }, y: { data: y, shape: [ROWS, 1] } };
const model = mlp([4, 24, 12, 1], { activation: "tanh", dropout: 0.2 });

const options = (extra: Partial<FitOptions> = {}): FitOptions => ({
  ...data,
  loss: mse,
  optimizer: adam({ lr: 1e-2 }),
  schedule: (steps) => makeSchedule({ name: "cosine", warmupSteps: 3 }, 1e-2, steps),
  batchSize: BATCH,
  epochs: EPOCHS,
  seed: 11,
  ...extra,
});

async function withEngine<R>(engineOptions: EngineOptions, body: (engine: Engine) => Promise<R>): Promise<R> {
  const engine = await createEngine(engineOptions);
  try {
    return await body(engine);
  } finally {
    await engine.close();
  }
}

interface Traces {
  readonly losses: readonly number[];
  readonly epochs: readonly number[];
  /** Flat parameters, then each moment. */
  readonly segments: readonly (Float32Array | Float64Array)[];
  readonly params: Readonly<Record<string, Float32Array | Float64Array>>;
}

/** All that a run leaves behind. */
function traces({ history, state, model: trained }: FitRun): Traces {
  const params = Object.fromEntries(trained.store.names.map((name) => [name, trained.store.get(name)]));
  return { losses: history.steps, epochs: history.loss, segments: state.segments, params };
}

function expectSameBits(got: Traces, want: Traces): void {
  expect(got.losses).toEqual(want.losses);
  expect(got.epochs).toEqual(want.epochs);
  const bytes = ({ segments }: Traces) => segments.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  const [a, b] = [bytes(got), bytes(want)];
  expect(a.map((segment, i) => segment.equals(b[i] as Buffer))).toEqual(b.map(() => true));
}

/** Trains in an engine of its own until `stopAfter` steps are taken, and hands out the state as a file would hold it. */
async function interrupted(engineOptions: EngineOptions, stopAfter: number, extra: Partial<FitOptions> = {}): Promise<TrainingState> {
  return withEngine(engineOptions, async (engine) => {
    const controller = new AbortController();
    const run = await engine.fit(
      model,
      options({
        ...extra,
        signal: controller.signal,
        onProgress: ({ step }) => {
          if (step >= stopAfter) controller.abort();
        },
      }),
    );
    expect(run.outcome).toBe("cancelled");
    expect(run.steps).toBeGreaterThanOrEqual(stopAfter);
    expect(run.steps).toBeLessThan(PER_EPOCH * EPOCHS);
    expect(run.history.steps).toHaveLength(run.steps);
    return decodeState(encodeState(run.state));
  });
}

const machines: readonly { readonly name: string; readonly engine: EngineOptions }[] = [
  { name: "reference", engine: { backend: "reference" } },
  ...(["baseline", "relaxed"] as const).flatMap((build) =>
    [1, 2].map((threads) => ({ name: `${build}, ${threads} threads`, engine: { build, threads } })),
  ),
];

describe.each(machines)("$name", ({ engine: engineOptions }) => {
  // After 4 steps in mid-epoch, after 5 before a ragged batch, after 6 at the end of an epoch.
  test.each([1, 4, 5, 6, 13])("stopped after %i steps and resumed: the bits of an uninterrupted run", async (stopAfter) => {
    const whole = await withEngine(engineOptions, async (engine) => traces(await engine.fit(model, options())));
    expect(whole.losses).toHaveLength(PER_EPOCH * EPOCHS);
    expect(whole.losses[whole.losses.length - 1]).toBeLessThan(whole.losses[0] as number);
    const resume = await interrupted(engineOptions, stopAfter);
    const resumed = await withEngine(engineOptions, async (engine) => traces(await engine.fit(model, options({ resume }))));
    expectSameBits(resumed, whole);
  });

  test("the ragged batch of 13 of 77 rows is a batch of 13", async () => {
    const plain = mlp([4, 24, 12, 1], { activation: "tanh" });
    await withEngine(engineOptions, async (engine) => {
      // Two programs share the store: each must see the steps that the other has taken.
      const optimizer = adam({ lr: (step) => 1e-2 / (1 + step) });
      const run = await engine.fit(plain, { ...data, loss: mse, optimizer, batchSize: BATCH, epochs: 3, shuffle: false, seed: 5 });
      const store = engine.store(plain.params, { seed: 5 });
      const programs = new Map<number, Awaited<ReturnType<Engine["compile"]>>>();
      for (const rows of [BATCH, ROWS % BATCH]) {
        const step = (params: Record<string, Tensor>, inputs: Record<string, Tensor>) =>
          mse(plain.apply(params, inputs["x"] as Tensor, { training: true }), inputs["y"] as Tensor);
        programs.set(rows, await engine.compile(store, { x: [rows, 4], y: [rows, 1] }, step, { optimizer }));
      }
      const losses: number[] = [];
      for (let step = 0; step < 9; step++) {
        const first = (step % PER_EPOCH) * BATCH;
        const rows = Math.min(BATCH, ROWS - first);
        const feeds = { x: x.subarray(first * 4, (first + rows) * 4), y: y.subarray(first, first + rows) };
        losses.push(programs.get(rows)!.stepSync(feeds).loss);
      }
      expect(run.history.steps).toEqual(losses);
      for (const name of store.names) expect(run.model.store.get(name), name).toEqual(store.get(name));
    });
  });
});

test.each(Object.entries(optimizers))("%s: stopped after 5 steps and resumed: the bits of an uninterrupted run", async (_, make) => {
  const extra = { optimizer: make({ lr: 1e-2, weightDecay: 0.1, clipNorm: 1 }) };
  for (const engineOptions of [{ backend: "reference" }, { build: "relaxed", threads: 2 }] as const) {
    const train = (more: Partial<FitOptions>) =>
      withEngine(engineOptions, async (engine) => traces(await engine.fit(model, options({ ...extra, ...more }))));
    const whole = await train({});
    expectSameBits(await train({ resume: await interrupted(engineOptions, 5, extra) }), whole);
  }
});

test("the state of another optimiser is refused, with both layouts", async () => {
  const resume = await interrupted({ threads: 1 }, 5, { optimizer: adafactor() });
  const fit = withEngine({ threads: 1 }, (engine) => engine.fit(model, options({ resume })));
  await expect(fit).rejects.toThrow(/belongs to another model or optimiser.*segments of 704, 128, 64.*704, 704, 704/s);
});

test("wasm trains as the reference does, with dropout, shuffling and a ragged batch", async () => {
  const train = (engineOptions: EngineOptions) => withEngine(engineOptions, async (engine) => traces(await engine.fit(model, options())));
  const reference = await train({ backend: "reference" });
  for (const build of ["baseline", "relaxed"] as const) {
    const { losses, params } = await train({ build, threads: 1 });
    // 24 steps of Adam in f32: the goldens' rule for trajectories.
    expect(largestError(losses, reference.losses), build).toBeLessThan(1e-5);
    for (const [name, values] of Object.entries(reference.params)) {
      expect(largestError(params[name] as Float32Array, values), `${build} ${name}`).toBeLessThan(2e-5);
    }
  }
});

test("one, two and four threads give the same bits", async () => {
  const train = (threads: number) => withEngine({ threads }, async (engine) => traces(await engine.fit(model, options())));
  const one = await train(1);
  expectSameBits(await train(2), one);
  expectSameBits(await train(4), one);
});

test("seeds matter: other weights, other order, other masks", async () => {
  const train = (seed: number) => withEngine({ threads: 1 }, async (engine) => traces(await engine.fit(model, options({ seed }))));
  expect((await train(11)).losses).not.toEqual((await train(12)).losses);
});
