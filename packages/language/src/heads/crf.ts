/**
 * A linear-chain conditional random field over the tags of a sentence's words (Lafferty et al. 2001; Lample et al. 2016, arXiv:1603.01360): what follows what is
 * scored besides each word's own tag.
 */

import {
  add,
  div,
  expandDims,
  greater,
  indexOfLargest,
  logSumExp,
  mul,
  reshape,
  scan,
  select,
  slice,
  sub,
  sum,
  type Tensor,
  take,
  where,
} from "@tetrad/engine";
import type { BatchLimits } from "../data/batch.js";
import type { Backbone } from "../models/backbone.js";
import type { Head } from "./head.js";
import { tokenClassification } from "./token-classification.js";

/** Names of what is learned, without `crf.`: from tag to tag (row to column), into the first word's tag, and out of the last one's. */
const PARTS = ["transitions", "start_transitions", "end_transitions"] as const;
type Part = (typeof PARTS)[number];

/** As `tokenClassification`, and `transitions` (labels, labels), `start_transitions` and `end_transitions` (labels). */
export function crfTagger(backbone: Backbone, labels: number): Head {
  const plain = tokenClassification(backbone, labels);
  const shape = (part: Part) => (part === "transitions" ? [labels, labels] : [labels]);
  return {
    ...plain,
    params: {
      ...plain.params,
      ...Object.fromEntries(PARTS.map((part) => [`crf.${part}`, { shape: shape(part), init: "zeros" as const }])),
    },
    outputs: (params, ...rest) => ({
      ...plain.outputs(params, ...rest),
      ...Object.fromEntries(PARTS.map((part) => [part, params[`crf.${part}`] as Tensor])),
    }),
  };
}

/** Inputs of the loss beside the tokens; words stand in rows, sentences in columns. @param longest words of the longest sentence */
export function crfSpecs({ sequences }: BatchLimits, longest: number, labels: number) {
  return {
    places: { shape: [longest, sequences], dtype: "i32" },
    gold: { shape: [longest * sequences], dtype: "i32" },
    goldCounts: { shape: [longest * sequences], dtype: "f32" },
    pairs: { shape: [labels, labels], dtype: "f32" },
    firsts: { shape: [labels], dtype: "f32" },
    lasts: { shape: [labels], dtype: "f32" },
  } as const;
}

/**
 * @param tags of each sentence's words, and the token that stands for each, counted within its sentence
 * @param starts first token of each sentence in the batch
 */
export function crfFeeds(
  sentences: readonly { readonly tags: readonly number[]; readonly tokens: readonly number[] }[],
  starts: Int32Array,
  longest: number,
  labels: number,
) {
  const most = starts.length - 1;
  const places = new Int32Array(longest * most);
  const gold = new Int32Array(longest * most);
  const goldCounts = new Float32Array(longest * most);
  const pairs = new Float32Array(labels * labels);
  const [firsts, lasts] = [new Float32Array(labels), new Float32Array(labels)];
  const count = (counts: Float32Array, at: number) => {
    counts[at] = (counts[at] as number) + 1;
  };
  sentences.forEach(({ tags, tokens }, s) => {
    tags.forEach((tag, word) => {
      const cell = word * most + s;
      places[cell] = (starts[s] as number) + (tokens[word] as number);
      gold[cell] = cell * labels + tag;
      goldCounts[cell] = 1;
      if (word > 0) count(pairs, (tags[word - 1] as number) * labels + tag);
    });
    if (tags.length > 0) count(firsts, tags[0] as number);
    if (tags.length > 0) count(lasts, tags.at(-1) as number);
  });
  return { places, gold, goldCounts, pairs, firsts, lasts };
}

/** Negative log-likelihood of the sentences' tags, divided by their words. @param outputs of `crfTagger` */
export function crfLoss(outputs: Readonly<Record<string, Tensor>>, inputs: Readonly<Record<string, Tensor>>): Tensor {
  const { logits, transitions, start_transitions: start, end_transitions: end } = outputs as Record<"logits" | Part, Tensor>;
  const { places, gold, goldCounts, pairs, firsts, lasts } = inputs as Record<keyof ReturnType<typeof crfSpecs>, Tensor>;
  // (words, sentences, labels)
  const emissions = take(logits, places);
  const [words, sentences, labels] = emissions.shape as readonly [number, number, number];
  const present = greater(reshape(goldCounts, [words, sentences]), 0);
  const rest = (x: Tensor) => slice(x, [1], [words]);
  const first = add(select(emissions, 0, 0), start);
  // Scores of all ways that lead to each tag of the word at hand; a sentence that is over keeps those of its last word.
  const [ways] = scan(
    (before: Tensor, [emission, goesOn]: readonly [Tensor, Tensor]) => {
      const now = add(logSumExp(add(expandDims(before, 2), transitions), 1), emission);
      return [where(expandDims(goesOn, 1), now, before), [] as readonly Tensor[]] as const;
    },
    first,
    [rest(emissions), rest(present)] as const,
  );
  const all = logSumExp(add(ways, end), 1);
  const said = [
    mul(take(reshape(emissions, [words * sentences * labels]), gold), goldCounts),
    mul(transitions, pairs),
    mul(start, firsts),
    mul(end, lasts),
  ].map((scores) => sum(scores));
  const partition = sum(where(select(present, 0, 0), all, 0));
  return div(
    sub(
      partition,
      said.reduce((a, b) => add(a, b)),
    ),
    sum(goldCounts),
  );
}

/**
 * The likeliest tags of a sentence (Viterbi 1967).
 * @param emissions (words, labels), row-major, on the outputs' scale
 */
export function likeliestTags(
  emissions: ArrayLike<number>,
  { transitions, start_transitions: start, end_transitions: end }: Readonly<Record<Part, ArrayLike<number>>>,
): number[] {
  const labels = start.length;
  const words = emissions.length / labels;
  if (words === 0) return [];
  const back = new Int32Array(words * labels);
  let best = Float64Array.from({ length: labels }, (_, tag) => (start[tag] as number) + (emissions[tag] as number));
  for (let word = 1; word < words; word++) {
    const before = best;
    best = Float64Array.from({ length: labels }, (_, tag) => {
      const ways = before.map((score, from) => score + (transitions[from * labels + tag] as number));
      const from = indexOfLargest(ways);
      back[word * labels + tag] = from;
      return (ways[from] as number) + (emissions[word * labels + tag] as number);
    });
  }
  const tags = [indexOfLargest(best.map((score, tag) => score + (end[tag] as number)))];
  for (let word = words - 1; word > 0; word--) tags.unshift(back[word * labels + (tags[0] as number)] as number);
  return tags;
}
