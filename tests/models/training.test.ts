/** What training does besides steps: evaluations, the best model, early ends, accumulated batches, layers that stand still, and going on where it stood. */
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import {
  type ClassifyOptions,
  type ClassifyRun,
  finetuneClassifier,
  type RunState,
  readRunState,
  type TrainerCallback,
  trainedNames,
} from "@tetrad/language";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

const ROWS = Array.from({ length: 10 }, (_, i) => ({
  text: ["the card is stuck in the machine", "what is a euro worth"][i % 2] + " now ".repeat(i),
  label: ["card", "rate"][i % 2] as string,
}));
const FEW: ClassifyOptions = { numTrainEpochs: 2, perDeviceTrainBatchSize: 4, learningRate: 3e-3, loggingSteps: 2 };

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
});
afterAll(() => engine.close());

const tuned = (base: string, options: ClassifyOptions) => finetuneClassifier(engine, base, ROWS, { ...FEW, ...options });

const values = ({ model: { store } }: ClassifyRun, names = store.names) => names.flatMap((name) => [...store.get(name)]);

test("events come in transformers' order, and may ask for more", async () => {
  const events: string[] = [];
  const say = (event: string) => () => {
    events.push(event);
  };
  const watcher: TrainerCallback = {
    onTrainBegin: say("begin"),
    onEpochBegin: say("epoch"),
    onStepEnd({ globalStep }, control) {
      events.push(`${globalStep}`);
      if (globalStep === 1) control.shouldEvaluate = true;
      if (globalStep === 4) control.shouldTrainingStop = true;
    },
    onLog: (_, __, entry) => void events.push(`log ${Object.keys(entry).join(" ")}`),
    onEvaluate: (_, __, metrics) => void events.push(`evaluate ${Object.keys(metrics).join(" ")}`),
    onEpochEnd: say("end of epoch"),
    onTrainEnd: say("end"),
  };
  const run = await tuned(await tinyBert(scratch()), { callbacks: [watcher], evaluation: ROWS });
  const losses = "log epoch grad_norm learning_rate loss step";
  const evaluated = ["log epoch eval_loss eval_accuracy eval_f1 eval_runtime step", "evaluate eval_loss eval_accuracy eval_f1"];
  expect(events).toEqual([
    ...["begin", "epoch", "1", ...evaluated, "2", losses, "3", "end of epoch"],
    ...["epoch", "4", losses, "end of epoch", "end"],
  ]);
  expect(run).toMatchObject({ steps: 4, allSteps: 6, interrupted: false });
  expect(run.log.map(({ step, epoch }) => [step, epoch])).toEqual([
    [1, 1 / 3],
    [2, 2 / 3],
    [4, 4 / 3],
  ]);
});

test("training ends when evaluations get no better, with the parameters of the best", async () => {
  const base = await tinyBert(scratch());
  // At such a rate the loss soon rises.
  const wild = { learningRate: 0.5, lrSchedulerType: "constant", numTrainEpochs: 8, evalStrategy: "steps", evalSteps: 1 } as const;
  const evaluation = ROWS.slice(0, 4);
  const run = await tuned(base, { ...wild, evaluation, earlyStoppingPatience: 2, loadBestModelAtEnd: true });
  const scores = run.log.filter((entry) => entry["eval_loss"] !== undefined).map((entry) => entry["eval_loss"] as number);
  expect(run.steps).toBeLessThan(run.allSteps);
  expect(run.best).toMatchObject({ metric: Math.min(...scores), step: 1 + scores.indexOf(Math.min(...scores)) });
  expect(run.steps).toBe((run.best?.step ?? 0) + 2);
  const best = await tuned(base, { ...wild, evaluation, maxSteps: run.best?.step as number });
  expect(values(run)).toEqual(values(best));
});

test("steps of accumulated batches are those of larger batches", async () => {
  const base = await tinyBert(scratch());
  const large = await tuned(base, { perDeviceTrainBatchSize: 8 });
  const small = await tuned(base, { perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 4 });
  expect(small.steps).toBe(large.steps);
  expect(largestError(small.losses, large.losses)).toBeLessThan(1e-5);
});

test("layers computed again in the backward pass train as those that are kept", async () => {
  const dropping = await tinyBert(scratch(), { hidden_dropout_prob: 0.1 });
  const [plain, again] = [await tuned(dropping, {}), await tuned(dropping, { gradientCheckpointing: true })];
  expect(largestError(again.losses, plain.losses)).toBeLessThan(1e-5);
});

describe("layers", () => {
  test("frozen modules stand still and have no optimiser state", async () => {
    const base = await tinyBert(scratch());
    const run = await tuned(base, { freeze: ["embeddings", "encoder.layer.0"] });
    const still = run.model.store.names.filter((name) => /embeddings|layer\.0\./.test(name));
    const before = await tuned(base, { learningRate: 1e-30, maxSteps: 1 });
    expect(still.length).toBeGreaterThan(10);
    expect(largestError(values(run, still), values(before, still))).toBeLessThan(1e-25);
    expect(trainedNames(run.model.store).some((name) => still.includes(name))).toBe(false);
    await expect(tuned(base, { freeze: ["embedings"] })).rejects.toThrow(/no such module.*did you mean "embeddings"/);
  });

  test("are trained from the top, one more after each epoch", async () => {
    const base = await tinyBert(scratch());
    const before = await tuned(base, { learningRate: 1e-30, maxSteps: 1 });
    const changed = async (epochs: number) => {
      const run = await tuned(base, { unfreezeEvery: 1, maxSteps: 3 * epochs, lrSchedulerType: "constant" });
      return run.model.store.names.filter((name) => largestError(run.model.store.get(name), before.model.store.get(name)) > 1e-4);
    };
    const first = await changed(1);
    expect(first).toContain("classifier.weight");
    expect(first.filter((name) => /layer|embeddings/.test(name))).toEqual([]);
    const second = await changed(2);
    expect(second.some((name) => name.includes("layer.1."))).toBe(true);
    expect(second.filter((name) => /layer\.0|embeddings/.test(name))).toEqual([]);
    expect((await changed(4)).some((name) => name.includes("embeddings"))).toBe(true);
  });

  test("have rates that fall towards the bottom", async () => {
    const base = await tinyBert(scratch());
    const [before, run] = [
      await tuned(base, { learningRate: 1e-30, maxSteps: 1 }),
      await tuned(base, { layerwiseLrDecay: 0.1, maxSteps: 1, warmupRatio: 0 }),
    ];
    const moved = (name: string) => {
      const [old, now] = [before.model.store.get(name), run.model.store.get(name)];
      return Math.max(...now.map((value, i) => Math.abs(value - (old[i] as number))));
    };
    // Adam's first step is the rate, whatever the gradient.
    expect(moved("classifier.bias") / 3e-3).toBeCloseTo(1, 2);
    expect(moved("bert.encoder.layer.1.output.dense.bias") / 3e-4).toBeCloseTo(1, 2);
    expect(moved("bert.encoder.layer.0.output.dense.bias") / 3e-5).toBeCloseTo(1, 2);
    expect(moved("bert.embeddings.LayerNorm.bias") / 3e-6).toBeCloseTo(1, 1);
  });
});

test("a run that was saved goes on with the same bits, its evaluations and batches too", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"), { hidden_dropout_prob: 0.1 });
  const options: ClassifyOptions = {
    ...{ numTrainEpochs: 3, perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 2, evaluation: ROWS.slice(0, 4) },
    ...{ evalStrategy: "steps", evalSteps: 2, loadBestModelAtEnd: true, saveStrategy: "steps", saveSteps: 4 },
  };
  const states: RunState[] = [];
  const whole = await tuned(base, {
    ...options,
    async onSave(state, save) {
      states.push(state);
      await save(join(folder, `checkpoint-${state.training.step}`), "as asked");
    },
  });
  expect(states.map(({ training }) => training.step)).toEqual([4, 8]);
  const { state, about } = await readRunState(join(folder, "checkpoint-4"));
  expect(about).toBe("as asked");
  expect(state.best).toEqual(states[0]?.best);
  const rest = await tuned(base, { ...options, resume: state });
  expect(rest.losses).toEqual(whole.losses);
  expect(values(rest)).toEqual(values(whole));
  const untimed = (run: ClassifyRun) => run.log.map(({ eval_runtime: _, ...entry }) => entry);
  expect(untimed(rest)).toEqual(untimed(whole));
  expect(rest.best).toEqual(whole.best);
});

test.each([
  ["adam", undefined],
  ["sgd", "momentum=0.9,nesterov=True"],
  ["adafactor", undefined],
  ["lion", undefined],
] as const)("optim %s", async (optim, optimArgs) => {
  const learningRate = optim === "sgd" ? 0.05 : 1e-3;
  const run = await tuned(await tinyBert(scratch()), {
    optim,
    learningRate,
    numTrainEpochs: 6,
    ...(optimArgs !== undefined && { optimArgs }),
  });
  expect(run.losses.at(-1)).toBeLessThan(0.7 * (run.losses[0] as number));
});

test.each([
  [{ optim: "adamw_troch" as "adamw" }, /no optimiser of this name.*did you mean "adamw_torch"/],
  [{ optimArgs: "momentum" }, /optim_args.*no list of options/],
  [{ lrSchedulerType: "linnear" as "linear" }, /no schedule of this name/],
  [{ loadBestModelAtEnd: true }, /loadBestModelAtEnd needs evaluations/],
  [{ evalStrategy: "epoch" }, /nothing to evaluate on/],
  [{ evalStrategy: "epoch", evaluation: ROWS, metricForBestModel: "acuracy" }, /no such figure.*did you mean "eval_accuracy"/],
  [{ gradientAccumulationSteps: 0 }, /gradientAccumulationSteps must be a whole number above 0/],
] as const)("%j is refused", async (options, message) => {
  await expect(tuned(await tinyBert(scratch()), options)).rejects.toThrow(message);
});
