/** Adapters that take turns on one base: each gives what it gives alone, to the bit, the base too, and those of a kind share a plan. */
import { join } from "node:path";
import { createEngine, type Engine, type Tensor } from "@tetrad/engine";
import {
  Adapters,
  type AdaptersProgram,
  adaptersOverTexts,
  type Backbone,
  batchSpecs,
  beamSearch,
  bottleneck,
  cacheSpecs,
  causalLmOf,
  classify,
  Decoder,
  finetuneClassifier,
  finetuneLm,
  ia3,
  type LanguageModel,
  lora,
  type MakeMethod,
  openClassifier,
  openGenerator,
  openLm,
  overTexts,
  packBatch,
  prefixTuning,
  promptTuning,
  saveClassifier,
  saveLm,
  saveModel,
} from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
});
afterAll(() => engine.close());

const BASE = () => sharedPath("data/stories260K/stories260K.bin");
const STORY = "Once upon a time there was a red ball.";
const common = () => ({ taskType: "CAUSAL_LM", base: BASE() });
/** Two of a kind, one of another rank, and one of every other method */
const METHODS: Readonly<Record<string, () => MakeMethod>> = {
  one: () => lora({ ...common(), r: 4 }),
  two: () => lora({ ...common(), r: 4 }),
  wide: () => lora({ ...common(), r: 8 }),
  scaled: () => ia3(common()),
  prompt: () => promptTuning({ ...common(), numVirtualTokens: 3 }),
  prefix: () => prefixTuning({ ...common(), numVirtualTokens: 3 }),
  narrow: () => bottleneck({ ...common(), reductionFactor: 8 }),
};

/** Folders of adapters that each learned another text. */
async function written(names: readonly string[] = Object.keys(METHODS)): Promise<Record<string, string>> {
  const folder = scratch();
  const folders: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    const model = await openLm(engine, BASE(), { peft: METHODS[name]?.() as MakeMethod, seed: i });
    const run = await finetuneLm(engine, model, [`${STORY} ${name} ${i}`], { maxSteps: 3, learningRate: 3e-2 });
    folders[name] = join(folder, name);
    await saveLm(run, folders[name] as string);
  }
  return folders;
}

const limits = (model: LanguageModel) => ({ tokens: 40, sequences: 1, virtualKeys: model.backbone.virtualKeys });
const specsOf = (model: LanguageModel) => batchSpecs(limits(model));
const logitsOf = (model: LanguageModel, params: Parameters<LanguageModel["within"]>[0], given: Readonly<Record<string, Tensor>>) => {
  const context = { training: false };
  const batch = given as unknown as Parameters<Backbone["states"]>[1];
  return model.head.outputs(params, model.backbone.states(params, batch, context), batch, context);
};
const feedsOf = (model: LanguageModel) => packBatch([model.tokenizer.encode(STORY).ids], limits(model), true);

/** Logits of a model that is open alone. */
async function alone(folder: string): Promise<Float32Array> {
  const model = await openLm(engine, folder);
  const program = await engine.compileWith(model.store, specsOf(model), (all, given) =>
    logitsOf(model, model.within(all, { training: false }), given),
  );
  const { logits } = await program.call(feedsOf(model));
  program.close();
  return (logits as Float32Array).slice(0, feedsOf(model).ids.length * model.backbone.vocabulary);
}

async function now(adapters: Adapters, program: AdaptersProgram): Promise<Float32Array> {
  const { model } = adapters;
  const feeds = feedsOf(model);
  return ((await program.call(feeds))["logits"] as Float32Array).slice(0, feeds.ids.length * model.backbone.vocabulary);
}

test("adapters of a causal model", async () => {
  const folders = await written();
  const base = await alone(BASE());
  const expected: Record<string, Float32Array> = Object.fromEntries(
    await Promise.all(Object.entries(folders).map(async ([name, path]) => [name, await alone(path)])),
  );
  const adapters = await Adapters.open(engine, BASE(), folders, causalLmOf);
  expect(adapters.names).toEqual(Object.keys(METHODS));
  const program = adapters.program(specsOf, logitsOf);
  expect(await now(adapters, program)).toEqual(base);
  for (const name of [...adapters.names, "one", "prefix", "two"]) {
    adapters.use(name);
    expect(adapters.current).toBe(name);
    expect(await now(adapters, program), name).toEqual(expected[name]);
    expect(largestError(expected[name]?.subarray(-64) ?? [], base.subarray(-64)), name).toBeGreaterThan(1e-3);
    adapters.use();
    expect(await now(adapters, program), `the base after ${name}`).toEqual(base);
  }
  // Two of rank 4 share one; and the base has one.
  expect(program.plans).toBe(Object.keys(METHODS).length);

  const { plans } = program;
  for (const name of ["one", "two", "scaled"]) {
    adapters.merge(name);
    // A weight is rounded once more than a product of two.
    expect(largestError(await now(adapters, program), expected[name] ?? []), `${name} merged`).toBeLessThan(1e-5);
  }
  expect(program.plans).toBe(plans + 2);
  // A merge that is refused leaves what is at work as it was.
  expect(() => adapters.merge("prefix")).toThrow(/cannot be merged.*PREFIX_TUNING/);
  expect(adapters.current).toBe("scaled");
  expect(largestError(await now(adapters, program), expected["scaled"] ?? []), "scaled after a refused merge").toBeLessThan(1e-5);
  expect(() => adapters.merge("narrow")).toThrow(/cannot be merged.*bottleneck/);
  adapters.use("two");
  expect(await now(adapters, program), "two after merges").toEqual(expected["two"]);
  adapters.use();
  expect(await now(adapters, program), "the base after merges").toEqual(base);
  expect(() => adapters.use("tow")).toThrow(/no such adapter.*did you mean "two"/);
  await expect(saveModel(adapters.model, join(scratch(), "x"))).rejects.toThrow(/take turns are not written/);
  await program.close();
});

test("one decoder, whose cache and plans serve adapters of a kind", async () => {
  const { one, two } = await written(["one", "two"]);
  const size = { context: 32, sequences: 2 };
  const adapters = await Adapters.open(engine, BASE(), { one, two } as Record<string, string>, causalLmOf, {
    states: (backbone) => cacheSpecs(backbone, size),
  });
  const decoder = await Decoder.open(engine, adapters.use("one"), size);
  const prompt = adapters.model.tokenizer.encode(STORY).ids;
  for (const [name, folder] of [
    ["two", two],
    ["one", one],
  ] as const) {
    adapters.use(name);
    const generator = await openGenerator(engine, folder as string, size);
    expect([...(await decoder.begin(prompt, 0))], name).toEqual([...(await generator.decoder.begin(prompt, 0))]);
    // The second sequence has the same text by the adapter before.
    const search = { numBeams: 2, numReturnSequences: 2, maxNewTokens: 4 };
    const own = await beamSearch({ ...generator, model: adapters.model, decoder }, STORY, search);
    const expected = await beamSearch(generator, STORY, search);
    expect(own.map(({ ids, score }) => ({ ids, score }))).toEqual(expected.map(({ ids, score }) => ({ ids, score })));
    generator.decoder.close();
  }
  decoder.close();
});

test("classifiers of other classes on a base without a head", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const texts = ["the card is stuck", "what is a euro worth", "a stuck card", "is a euro a card?"];
  const labels = { money: ["card", "rate"], mood: ["sad", "glad"], many: ["a", "b", "c"] };
  const folders: Record<string, string> = {};
  const expected: Record<string, unknown> = {};
  for (const [name, classes] of Object.entries(labels)) {
    const peft = lora({ taskType: "SEQ_CLS", base, r: 2, modulesToSave: ["classifier"] });
    const rows = texts.map((text, i) => ({ text, label: classes[i % classes.length] as string }));
    const run = await finetuneClassifier(engine, base, rows, { peft, maxSteps: 2, learningRate: 1e-2 });
    folders[name] = join(folder, name);
    await saveClassifier(run, folders[name] as string);
    expected[name] = await classify(engine, await openClassifier(engine, folders[name] as string), texts);
  }
  const adapters = await adaptersOverTexts(engine, base, folders);
  for (const name of ["money", "mood", "many", "money"]) {
    expect(await classify(engine, overTexts(adapters.use(name)), texts), name).toEqual(expected[name]);
  }
});
