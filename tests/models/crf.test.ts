// The conditional random field against all ways through a sentence, one by one: loss, every gradient, the likeliest tags; and a tagger that needs it.
import { createEngine, gradients, type Tensor } from "@tetrad/engine";
import { evaluateTagger, finetuneTagger, openTagger, saveTagger } from "@tetrad/language";
import { expect, test } from "vitest";
import { crfFeeds, crfLoss, crfSpecs, likeliestTags } from "../../packages/language/src/heads/crf.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

const LABELS = 3;
/** Words' tags, and the tokens that they stand at; the third sentence has no word, and the batch has room for one more. */
const sentences = [
  { tags: [0, 2, 1, 1], tokens: [1, 2, 4, 5] },
  { tags: [2], tokens: [1] },
  { tags: [], tokens: [] },
  { tags: [1, 0], tokens: [0, 3] },
];
const starts = Int32Array.of(0, 7, 9, 11, 15, 15);
const [TOKENS, LONGEST] = [15, 4];

interface Scores {
  readonly logits: Float64Array;
  readonly transitions: Float64Array;
  readonly start_transitions: Float64Array;
  readonly end_transitions: Float64Array;
}
const numbers = (count: number, seed: number) => Float64Array.from({ length: count }, (_, i) => 2 * Math.sin(3.1 * i + seed));
const scores: Scores = {
  logits: numbers(TOKENS * LABELS, 1),
  transitions: numbers(LABELS * LABELS, 2),
  start_transitions: numbers(LABELS, 3),
  end_transitions: numbers(LABELS, 4),
};

/** All taggings of so many words. */
const ways = (words: number): number[][] =>
  words === 0 ? [[]] : ways(words - 1).flatMap((way) => Array.from({ length: LABELS }, (_, tag) => [...way, tag]));

function scoreOf(
  { logits, transitions, start_transitions: start, end_transitions: end }: Scores,
  tokens: readonly number[],
  tags: readonly number[],
) {
  return tags.reduce((sum, tag, word) => {
    const from = word === 0 ? start[tag] : transitions[(tags[word - 1] as number) * LABELS + tag];
    const last = word === tags.length - 1 ? (end[tag] as number) : 0;
    return sum + (from as number) + last + (logits[(tokens[word] as number) * LABELS + tag] as number);
  }, 0);
}

function lossByHand(all: Scores): number {
  let [loss, words] = [0, 0];
  sentences.forEach(({ tags, tokens }, s) => {
    if (tags.length === 0) return;
    const own = tokens.map((token) => token + (starts[s] as number));
    const total = ways(tags.length).reduce((sum, way) => sum + Math.exp(scoreOf(all, own, way)), 0);
    loss += Math.log(total) - scoreOf(all, own, tags);
    words += tags.length;
  });
  return loss / words;
}

/** By central differences: the error of steps of 1e-5 is 1e-10 of numbers near 1. */
function slopesByHand(name: keyof Scores): Float64Array {
  return scores[name].map((_, i) => {
    const moved = (step: number) => lossByHand({ ...scores, [name]: scores[name].map((value, j) => (i === j ? value + step : value)) });
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
}

test.each([
  ["reference f64", { backend: "reference" }, "f64", 1e-12, 1e-8],
  ["wasm f64", { backend: "wasm" }, "f64", 1e-12, 1e-8],
  ["webgpu f32", { backend: "webgpu" }, "f32", 3e-6, 2e-5],
] as const)("%s: loss and every gradient", async (_, options, dtype, lossLimit, gradientLimit) => {
  const engine = await openEngine(options);
  try {
    const shapes = { logits: [TOKENS, LABELS], transitions: [LABELS, LABELS], start_transitions: [LABELS], end_transitions: [LABELS] };
    const names = Object.keys(shapes) as (keyof Scores)[];
    const store = engine.store(shapes, { dtype });
    for (const name of names) store.set(name, scores[name]);
    const specs = crfSpecs({ tokens: TOKENS, sequences: 5 }, LONGEST, LABELS);
    const floats = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, spec.dtype === "f32" ? { ...spec, dtype } : spec]),
    );
    const program = await engine.compileWith(store, floats, (params, inputs) => {
      const loss = crfLoss(params, inputs);
      const slopes = gradients(
        loss,
        names.map((name) => params[name] as Tensor),
      );
      return { loss, ...Object.fromEntries(names.map((name, i) => [name, slopes[i] as Tensor])) };
    });
    const results = await program.call(crfFeeds(sentences, starts, LONGEST, LABELS));
    expect(Math.abs((results["loss"]?.[0] as number) / lossByHand(scores) - 1)).toBeLessThan(lossLimit);
    for (const name of names) expect(largestError(results[name] as Float64Array, slopesByHand(name)), name).toBeLessThan(gradientLimit);
  } finally {
    await engine.close();
  }
});

test("the likeliest tags are those of the best of all ways", () => {
  for (const words of [0, 1, 2, 5]) {
    const tokens = Array.from({ length: words }, (_, i) => i + 3);
    const best = ways(words).reduce((a, b) => (scoreOf(scores, tokens, b) > scoreOf(scores, tokens, a) ? b : a));
    expect(likeliestTags(scores.logits.subarray(3 * LABELS, (3 + words) * LABELS), scores)).toEqual(best);
  }
});

test("a tagger with it learns what follows what, is saved and opened", async () => {
  const base = await tinyBert(scratch());
  const sentences = ["red green", "blue black", "white grey", "green red"].flatMap((names) =>
    ["near", "far from"].map((between) => {
      const [first = "", second = ""] = names.split(" ");
      const words = [first, second, ...between.split(" "), second];
      return { words, tags: ["B-A", "I-A", ...between.split(" ").map(() => "O"), "B-B"] };
    }),
  );
  const engine = await createEngine({ backend: "wasm" });
  try {
    const run = await finetuneTagger(engine, base, sentences, {
      crf: true,
      numTrainEpochs: 30,
      perDeviceTrainBatchSize: 3,
      learningRate: 1e-2,
    });
    expect(run.losses.at(-1)).toBeLessThan(0.1 * (run.losses[0] as number));
    const folder = scratch();
    await saveTagger(run, folder);
    const tagger = await openTagger(engine, folder);
    expect(tagger.model.config).toMatchObject({ crf: true });
    const transitions = tagger.model.store.get("crf.transitions");
    const [from, to, after] = ["B-A", "I-A", "O"].map((tag) => tagger.labels.indexOf(tag)) as [number, number, number];
    expect(transitions[from * tagger.labels.length + to]).toBeGreaterThan(transitions[from * tagger.labels.length + after] as number);
    const { scores: found } = await evaluateTagger(engine, tagger, sentences);
    expect(found.micro.f1).toBe(1);
    // Without it the folder is a plain tagger's start: what it has not is new, what it does not know is left out.
    const plain = await finetuneTagger(engine, folder, sentences, { numTrainEpochs: 1 });
    expect(plain.model.weights.unused).toContain("crf.transitions");
    await saveTagger(plain, folder);
    expect((await openTagger(engine, folder)).model.config).toMatchObject({ crf: false });
  } finally {
    await engine.close();
  }
});
