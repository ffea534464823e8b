// Several heads over one backbone: each learns as it would alone, all move the backbone, and each is a folder of its own.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import {
  classify,
  evaluateClassifier,
  evaluateTagger,
  finetuneClassifier,
  finetuneMultiTask,
  finetuneRegressor,
  finetuneTagger,
  openClassifier,
  openMultiTask,
  openTagger,
  type RunState,
  readRunState,
  saveMultiTask,
  type TaskModel,
  tagWords,
  tasksIn,
} from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evened, turnsOf } from "../../packages/language/src/train/turns.js";
import { largestError } from "../support/error.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
});
afterAll(() => engine.close());

const topics = Array.from({ length: 12 }, (_, i) => ({
  text: ["the card is stuck in the machine", "what is a euro worth"][i % 2] + " now".repeat(i % 5),
  label: ["card", "rate"][i % 2] as string,
}));
const people = ["Anna Berlin", "Vera Paris", "Tom London", "Maria Rome", "Peter Vienna"].map((pair) => {
  const [name, city] = pair.split(" ") as [string, string];
  return { words: [name, "lives", "in", city, "."], tags: ["B-PER", "O", "O", "B-LOC", "O"] };
});
const lengths = topics.slice(0, 6).map(({ text }) => ({ text, value: text.length / 20 }));
const TOPIC = { kind: "classify", rows: topics } as const;
const PEOPLE = { kind: "ner", rows: people } as const;
const LENGTH = { kind: "regress", rows: lengths } as const;
const FEW = { numTrainEpochs: 3, perDeviceTrainBatchSize: 2, learningRate: 3e-3, loggingSteps: 4 };

const own = ({ model }: Pick<TaskModel, "model">, name: string) => [...model.store.get(model.aliases?.[name] ?? name)];
const QUERY = "bert.encoder.layer.1.attention.self.query.weight";

test("whose turn it is: each task's share of an epoch, in an order that the seed decides", () => {
  const first = (count: number, ...given: Parameters<typeof turnsOf>) => {
    const turns = turnsOf(...given);
    return Array.from({ length: count }, () => turns.next().value);
  };
  const count = (turns: readonly number[]) => [0, 1, 2].map((lesson) => turns.filter((turn) => turn === lesson).length);
  const epochs = first(36, [9, 6, 3], {}, 0);
  expect(count(epochs.slice(0, 18))).toEqual([9, 6, 3]);
  expect(count(epochs.slice(18))).toEqual([9, 6, 3]);
  expect(epochs.slice(0, 18)).not.toEqual(epochs.slice(18));
  expect(first(18, [9, 6, 3], {}, 1)).not.toEqual(epochs.slice(0, 18));
  expect(first(7, [9, 6, 3], { taskSampling: "round_robin" }, 0)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  // √90 : √10 : 1 is 9.49 : 3.16 : 1
  expect(evened([90, 10, 1], 2)).toEqual([70, 24, 7]);
  expect(evened([90, 10, 1], 1)).toEqual([90, 10, 1]);
  expect(evened([90, 10, 1], 1e9)).toEqual([34, 34, 33]);
  expect(count(first(101, [90, 10, 1], { taskSampling: "temperature" }, 0))).toEqual([70, 24, 7]);
  expect(() => evened([2, 1], 0.5)).toThrow(/task_temperature: it must be 1 or more — got 0.5/);
});

test("one task alone gives the bits of its own function", async () => {
  const base = await tinyBert(scratch(), { hidden_dropout_prob: 0.1 });
  const evaluation = topics.slice(0, 4);
  const options = { ...FEW, evalStrategy: "epoch", gradientAccumulationSteps: 2 } as const;
  const alone = await finetuneClassifier(engine, base, topics, { ...options, evaluation });
  const { tasks, ...run } = await finetuneMultiTask(engine, base, { topic: { ...TOPIC, evaluation } }, options);
  expect(run.losses).toEqual(alone.losses);
  const scored = (log: typeof run.log, name: string) => log.flatMap((entry) => (entry[name] === undefined ? [] : [entry[name]]));
  expect(scored(run.log, "eval_topic_loss")).toEqual(scored(alone.log, "eval_loss"));
  expect(scored(run.log, "eval_score")).toEqual(scored(alone.log, "eval_accuracy"));
  for (const name of [QUERY, "bert.pooler.dense.weight", "classifier.weight"]) expect(own(tasks.topic, name)).toEqual(own(alone, name));

  const tagger = await finetuneTagger(engine, base, people, { ...FEW, crf: true });
  expect((await finetuneMultiTask(engine, base, { people: { ...PEOPLE, crf: true } }, FEW)).losses).toEqual(tagger.losses);
  const regressor = await finetuneRegressor(engine, base, lengths, FEW);
  expect((await finetuneMultiTask(engine, base, { length: LENGTH }, FEW)).losses).toEqual(regressor.losses);
});

test("a step moves the backbone and the head whose turn it is, and no other head", async () => {
  const base = await tinyBert(scratch());
  const start = await finetuneMultiTask(engine, base, { topic: TOPIC, people: PEOPLE }, { ...FEW, learningRate: 1e-30, maxSteps: 1 });
  const heads = { topic: "classifier.weight", people: "classifier.weight" } as const;
  const values = ({ tasks }: typeof start) => ({
    backbone: own(tasks.topic, QUERY),
    topic: own(tasks.topic, heads.topic),
    people: own(tasks.people, heads.people),
  });
  // In turn the first step is the first task's; with the tasks in another order it is the other's. Weight decay moves nothing that has no turn.
  const turn = { ...FEW, taskSampling: "round_robin", maxSteps: 1, warmupRatio: 0, weightDecay: 0.5 } as const;
  const [before, one] = [values(start), values(await finetuneMultiTask(engine, base, { topic: TOPIC, people: PEOPLE }, turn))];
  const other = await finetuneMultiTask(engine, base, { people: PEOPLE, topic: TOPIC }, turn);
  const two = values(other as unknown as typeof start);
  const moved = (after: typeof before) =>
    Object.keys(before).filter((name) => largestError(after[name as "topic"], before[name as "topic"]) > 1e-4);
  expect(moved(one)).toEqual(["backbone", "topic"]);
  expect(moved(two)).toEqual(["backbone", "people"]);
  expect(one.backbone).not.toEqual(two.backbone);
  expect(own(start.tasks.topic, QUERY)).toEqual(own(start.tasks.people, QUERY));
});

test("tokenising is told of over all tasks' examples", async () => {
  const base = await tinyBert(scratch());
  const told: (readonly [number, number])[] = [];
  const context = "Anna lives in Berlin.";
  const question = { id: "1", question: "where does Anna live?", context, answers: [{ text: "Berlin", begin: context.indexOf("Berlin") }] };
  const parts = { topic: TOPIC, where: { kind: "qa", rows: [question, question] }, people: PEOPLE } as const;
  await finetuneMultiTask(engine, base, parts, { ...FEW, maxSteps: 1, onTokenize: (done, all) => told.push([done, all]) });
  expect(told).toEqual([12, 13, 14, 19].map((done) => [done, 19]));
});

test("weights of losses scale gradients, and losses are told before them", async () => {
  const base = await tinyBert(scratch());
  // SGD without momentum, decay or clipping: a step is the rate times the gradient.
  const plain = {
    ...FEW,
    optim: "sgd",
    weightDecay: 0,
    maxGradNorm: 0,
    lrSchedulerType: "constant",
    learningRate: 1,
    maxSteps: 1,
    loggingSteps: 1,
  } as const;
  const run = (lossWeight: number) => finetuneMultiTask(engine, base, { topic: { ...TOPIC, lossWeight } }, plain);
  const [half, whole, none] = [
    await run(0.5),
    await run(1),
    await finetuneMultiTask(engine, base, { topic: TOPIC }, { ...plain, learningRate: 1e-30 }),
  ];
  const step = (of: typeof half) => own(of.tasks.topic, QUERY).map((value, i) => value - (own(none.tasks.topic, QUERY)[i] as number));
  const [some, all] = [step(half), step(whole)];
  expect(Math.max(...all.map(Math.abs))).toBeGreaterThan(1e-3);
  // Weights below 2 are rounded to 2⁻²⁴ by the step, those of the whole step to half of that.
  expect(Math.max(...some.map((value, i) => Math.abs(value - (all[i] as number) / 2)))).toBeLessThan(2 ** -23);
  expect(half.log[0]?.["loss_topic"]).toBeCloseTo(whole.log[0]?.loss as number, 5);
});

test("two tasks together: learned, watched, resumed with the same bits, saved, and opened alone and together", async () => {
  const base = await tinyBert(scratch());
  const folder = scratch();
  const parts = { topic: { ...TOPIC, evaluation: topics }, people: { ...PEOPLE, evaluation: people, lossWeight: 0.5 }, length: LENGTH };
  const options = { ...FEW, numTrainEpochs: 10, learningRate: 1e-2, evalStrategy: "epoch", metricForBestModel: "people_f1" } as const;
  const run = await finetuneMultiTask(engine, base, parts, options);
  // 6 + 3 + 3 steps an epoch
  expect(run.steps).toBe(120);
  const last = run.log.findLast((entry) => entry["eval_score"] !== undefined) ?? { epoch: 0, step: 0 };
  expect(Object.keys(last).filter((name) => name.startsWith("eval_"))).toEqual(
    expect.arrayContaining(["eval_score", "eval_topic_accuracy", "eval_people_f1"]),
  );
  expect(last["eval_score"]).toBeCloseTo(((last["eval_topic_accuracy"] as number) + (last["eval_people_f1"] as number)) / 2, 12);
  expect(last["eval_topic_accuracy"]).toBe(1);
  expect(last["eval_people_f1"]).toBeGreaterThan(0.9);
  expect(Object.keys(run.log[0] as object)).toEqual(expect.arrayContaining(["loss", "loss_topic"]));

  let kept: RunState | undefined;
  const checkpoint = join(folder, "checkpoint");
  const stopping = {
    ...options,
    saveStrategy: "steps",
    saveSteps: 17,
    async onSave(_: RunState, save: (path: string, about: string) => Promise<void>) {
      if (kept !== undefined) return;
      await save(checkpoint, "");
      kept = (await readRunState(checkpoint)).state;
    },
  } as const;
  await finetuneMultiTask(engine, base, parts, { ...stopping, maxSteps: 120 });
  const resumed = await finetuneMultiTask(engine, base, parts, { ...options, resume: kept as RunState });
  expect(resumed.losses).toEqual(run.losses);
  for (const name of [QUERY, "classifier.weight"]) expect(own(resumed.tasks.people, name)).toEqual(own(run.tasks.people, name));
  expect(await tasksIn(checkpoint)).toEqual({ topic: "classify", people: "ner", length: "regress" });

  const saved = join(folder, "saved");
  await saveMultiTask(run, saved, { "README.md": "all", "topic/README.md": "one" });
  expect(readdirSync(saved).sort()).toEqual(["README.md", "length", "multi_task.json", "people", "topic", "trainer_state.json"]);
  const said = await classify(
    engine,
    run.tasks.topic,
    topics.map(({ text }) => text),
  );
  const tags = await tagWords(
    engine,
    run.tasks.people,
    people.map(({ words }) => words),
  );
  const topic = await openClassifier(engine, join(saved, "topic"));
  expect(topic.model.config["architectures"]).toEqual(["BertForSequenceClassification"]);
  expect(
    await classify(
      engine,
      topic,
      topics.map(({ text }) => text),
    ),
  ).toEqual(said);
  expect(
    await tagWords(
      engine,
      await openTagger(engine, join(saved, "people")),
      people.map(({ words }) => words),
    ),
  ).toEqual(tags);
  const all = await openMultiTask(engine, saved);
  expect(all["topic"]?.model.store).toBe(all["people"]?.model.store);
  expect((await evaluateClassifier(engine, all["topic"] as TaskModel<"classify">, topics)).accuracy).toBe(1);
  expect((await evaluateTagger(engine, all["people"] as TaskModel<"ner">, people)).predicted).toEqual(tags);
});

test("bad input says which task it is of", async () => {
  const base = await tinyBert(scratch());
  const multi = (parts: Parameters<typeof finetuneMultiTask>[2], options = {}) =>
    finetuneMultiTask(engine, base, parts, { ...FEW, ...options });
  await expect(multi({})).rejects.toThrow(/multi: there is no task — got none, expected tasks by name, of classify/);
  await expect(multi({ "a/b": TOPIC })).rejects.toThrow(/a task's name is no folder's — got "a\/b"/);
  await expect(multi({ a: { ...TOPIC, lossWeight: 0 } })).rejects.toThrow(/the weight of task a is out of range — got 0/);
  await expect(multi({ a: TOPIC, b: { ...TOPIC, rows: topics.filter((_, i) => i % 2 === 0) } })).rejects.toThrow(
    /task b, classify: there is nothing to tell apart — got "card" alone/,
  );
  await expect(multi({ a: TOPIC }, { evalStrategy: "epoch" })).rejects.toThrow(/there is nothing to evaluate on/);
  await expect(openMultiTask(engine, base)).rejects.toThrow(/multi_task\.json.*there is no such file/);
});
