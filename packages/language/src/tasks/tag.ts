/** Entities in text: a tag for every word, from a head over tokens. */

import { type Engine, type HostArray, indexOfLargest, type JsonObject } from "@tetrad/engine";
import type { TaggedSentence } from "../data/conll.js";
import { crfTagger, likeliestTags } from "../heads/crf.js";
import { tokenClassification } from "../heads/token-classification.js";
import { detectScheme, entitiesOf, type Scheme } from "../metrics/entities.js";
import { type SequenceScores, sequenceReport, sequenceScores } from "../metrics/seqeval.js";
import { type LanguageModel, openModel, saveModel } from "../model.js";
import { type Backbone, tokenLimit } from "../models/backbone.js";
import { encodeAll } from "../tokenizer/encode-all.js";
import type { Encoding } from "../tokenizer/tokenizer.js";
import { forEachBatch } from "../train/evaluate.js";
import { TRAINING_DEFAULTS } from "../train/options.js";
import type { TrainingRun } from "../train/train.js";
import { type LoggedOrOpened, runFiles } from "../train/trainer-state.js";
import { checkKnown, checkSequences, checkTexts, labelFields, labelsIn, labelsOfConfig } from "./labels.js";
import { type Subject, type SubjectOptions, trainSubject } from "./subject.js";
import { apart, chained, IGNORED, isTag } from "./tag-objectives.js";
import { tellCut, type UseOptions, useOf } from "./use.js";

export interface TagOptions extends SubjectOptions {
  /** Sentences that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly TaggedSentence[];
  /** Words beyond are cut, and counted. The model's own limit unless told. */
  readonly maxTokens?: number;
  /** Scores what tag follows what besides each word's own, and finds the likeliest tags of a whole sentence; labels are then not smoothed. */
  readonly crf?: boolean;
}

export interface Tagger extends Pick<UseOptions, "onCut"> {
  readonly model: LanguageModel;
  /** Tags */
  readonly labels: readonly string[];
  readonly maxTokens: number;
}

export interface TagRun extends Tagger, TrainingRun {
  /** How the training tags mark entities */
  readonly scheme: Scheme;
  readonly crf: boolean;
  /** Sentences that were longer than the limit */
  readonly cut: number;
}

/** The first piece of each word stands for it: number of its token, word by word; words that were cut have none. @param words word of each token, null or −1 for none */
function firstPieces(words: ArrayLike<number | null>): Int32Array {
  const places: number[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? -1;
    if (word >= 0 && word !== words[i - 1]) places[word] = i;
  }
  return Int32Array.from(places, (place) => place ?? -1);
}

/**
 * Fine-tunes the whole model on tagged sentences; the loss is that of each word's first piece, or with `crf` the sentences' negative log-likelihood a word.
 * @param folder a pretrained model as Hugging Face lays it out
 * @throws TetradError DATA for fewer than two tags or tags of no scheme; IO, FORMAT, UNSUPPORTED as `openModel`; DIVERGED
 */
export async function finetuneTagger(
  engine: Engine,
  folder: string,
  sentences: readonly TaggedSentence[],
  options: TagOptions = {},
): Promise<TagRun> {
  return trainSubject(engine, folder, tagSubject(engine, sentences, options), options);
}

/** @throws TetradError DATA for fewer than two tags or tags of no scheme */
export function tagSubject(
  engine: Engine,
  sentences: readonly TaggedSentence[],
  options: TagOptions,
): Subject<Omit<TagRun, keyof TrainingRun | "model">> {
  const scheme = detectScheme(sentences.map(({ tags }) => tags));
  const labels = labelsIn(
    "tag",
    sentences.flatMap(({ tags }) => tags),
  );
  const number = new Map(labels.map((label, i) => [label, i]));
  const { labelSmoothingFactor = TRAINING_DEFAULTS.labelSmoothingFactor, evaluation, crf = false } = options;
  return {
    headOf: (backbone) => headWith(backbone, labels.length, crf),
    fieldsOf: (config) => fieldsOf(labels, config, crf),
    async teach(model) {
      const { backbone, head, tokenizer } = model;
      const maxTokens = tokenLimit(backbone, options.maxTokens);
      const texts = sentences.map(({ words }) => words);
      const encoded = await encodeAll(tokenizer, texts, { maxTokens, onProgress: options.onTokenize });
      const sequences = encoded.map(({ ids }) => ids);
      checkSequences("tag", sequences);
      const targets = encoded.map(({ ids, words }, s) => {
        const own = new Int32Array(ids.length).fill(IGNORED);
        firstPieces(words as Int32Array).forEach((place, word) => {
          if (place >= 0) own[place] = number.get(sentences[s]?.tags[word] as string) as number;
        });
        return own;
      });
      const { inputs, feeds, lossOf } = crf ? chained(targets, labels.length) : apart(targets, labelSmoothingFactor);
      return {
        lesson: {
          model,
          sequences,
          inputs,
          feeds,
          loss: (params, batch, given, context) =>
            lossOf(head.outputs(params, backbone.states(params, batch, context), batch, context), given),
          weight: (rows) => rows.reduce((sum, row) => sum + (targets[row] as Int32Array).filter(isTag).length, 0),
        },
        facts: { labels, maxTokens, scheme, crf, cut: encoded.filter(({ cut }) => cut > 0).length },
        ...(evaluation !== undefined && {
          async evaluate() {
            const { scores } = await evaluateTagger(engine, { model, labels, maxTokens }, evaluation);
            const { f1, precision, recall } = scores.micro;
            return { f1, precision, recall, accuracy: scores.accuracy };
          },
        }),
      };
    },
  };
}

const headWith = (backbone: Backbone, labels: number, crf: boolean) => (crf ? crfTagger : tokenClassification)(backbone, labels);

/** What config.json says of the tags; transformers passes over `crf`, which is said where there is one or the pretrained model had one. */
const fieldsOf = (labels: readonly string[], config: JsonObject, crf: boolean) => ({
  ...labelFields(labels),
  ...((crf || config["crf"] !== undefined) && { crf }),
});

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveTagger(run: TagRun | (Tagger & LoggedOrOpened), path: string, card?: string): Promise<void> {
  const { config } = run.model;
  const crf = "crf" in run ? run.crf : config["crf"] === true;
  await saveModel(run.model, path, fieldsOf(run.labels, config, crf), runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without tags */
export async function openTagger(engine: Engine, folder: string, options: UseOptions = {}): Promise<Tagger> {
  const headOf = (backbone: Backbone, config: JsonObject) =>
    headWith(backbone, labelsOfConfig(config, folder).length, config["crf"] === true);
  const model = await openModel(engine, folder, headOf);
  model.store.freeze();
  return { model, labels: labelsOfConfig(model.config, folder), ...useOf(model, options) };
}

/** The most probable tag at each of some places of some encodings; "O" where a word was cut. */
async function tagsAt(engine: Engine, tagger: Tagger, encoded: readonly Encoding[], places: readonly Int32Array[]): Promise<string[][]> {
  const { model, labels } = tagger;
  const sequences = encoded.map(({ ids }) => ids);
  checkSequences("tag", sequences);
  tellCut(tagger, encoded);
  const { backbone, head } = model;
  const context = { training: false };
  const results: string[][] = [];
  await forEachBatch(engine, model, {
    sequences,
    outputs: (params, batch) => head.outputs(params, backbone.states(params, batch, context), batch, context),
    each: (numbers, starts, { logits, ...crf }) =>
      numbers.forEach((s, i) => {
        const [first, width] = [starts[i] as number, labels.length];
        const own = places[s] as Int32Array;
        const kept = [...own].filter((place) => place >= 0);
        const scores = kept.map((place) => (logits as Float32Array).slice((first + place) * width, (first + place + 1) * width));
        const tags = isChain(crf)
          ? likeliestTags(
              scores.flatMap((row) => [...row]),
              crf,
            )
          : scores.map((row) => indexOfLargest(row));
        let word = 0;
        results.push(Array.from(own, (place) => (place < 0 ? "O" : (labels[tags[word++] as number] as string))));
      }),
  });
  return results;
}

const isChain = (outputs: Readonly<Record<string, HostArray>>): outputs is Parameters<typeof likeliestTags>[1] & typeof outputs =>
  outputs["transitions"] !== undefined;

/** A tag for every word of sentences that are already split. */
export async function tagWords(engine: Engine, tagger: Tagger, sentences: readonly (readonly string[])[]): Promise<string[][]> {
  const encoded = sentences.map((words) => tagger.model.tokenizer.encodeWords(words, { maxTokens: tagger.maxTokens }));
  const tags = await tagsAt(
    engine,
    tagger,
    encoded,
    encoded.map(({ wordIds }) => firstPieces(wordIds)),
  );
  // Words of which nothing was left
  return tags.map((own, s) => Array.from({ length: sentences[s]?.length ?? 0 }, (_, word) => own[word] ?? "O"));
}

export interface FoundEntity {
  readonly type: string;
  readonly text: string;
  /** First unit of the text, and the one after its last */
  readonly begin: number;
  readonly end: number;
}

/** Entities of texts as they are written. */
export async function findEntities(engine: Engine, tagger: Tagger, texts: readonly string[]): Promise<FoundEntity[][]> {
  checkTexts("ner", texts);
  const encoded = texts.map((text) => tagger.model.tokenizer.encode(text, { maxTokens: tagger.maxTokens }));
  const places = encoded.map(({ wordIds }) => firstPieces(wordIds));
  const tags = await tagsAt(engine, tagger, encoded, places);
  return tags.map((own, s) => {
    const { offsets, wordIds } = encoded[s] as Encoding;
    const text = texts[s] as string;
    return entitiesOf(own).map(({ type, begin: first, end: after }) => {
      const begin = offsets[places[s]?.[first] as number]?.[0] as number;
      const end = offsets[wordIds.lastIndexOf(after - 1)]?.[1] as number;
      return { type, text: text.slice(begin, end), begin, end };
    });
  });
}

export interface TaggerEvaluation {
  readonly sentences: number;
  readonly words: number;
  /** seqeval's default mode */
  readonly scores: SequenceScores;
  /** seqeval's classification report; undefined where no entity is in the data nor found */
  readonly report: string | undefined;
  readonly predicted: readonly (readonly string[])[];
}

/** @throws TetradError DATA for a tag that the tagger does not know */
export async function evaluateTagger(engine: Engine, tagger: Tagger, sentences: readonly TaggedSentence[]): Promise<TaggerEvaluation> {
  const target = sentences.map(({ tags }) => tags);
  checkKnown(tagger.labels, target.flat());
  const predicted = await tagWords(
    engine,
    tagger,
    sentences.map(({ words }) => words),
  );
  const scores = sequenceScores(target, predicted);
  return {
    sentences: sentences.length,
    words: target.reduce((sum, { length }) => sum + length, 0),
    scores,
    report: scores.types.size === 0 ? undefined : sequenceReport(target, predicted, { digits: 4 }),
    predicted,
  };
}
