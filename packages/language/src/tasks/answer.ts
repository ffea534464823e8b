/** Answers to questions that stand in a text: where they begin and end, from a head over tokens, in windows of a text that is too long. */

import { add, crossEntropy, type Engine, mul, type Tensor, take } from "@tetrad/engine";
import { endToEnd, type Ids } from "../data/batch.js";
import type { Question } from "../data/squad.js";
import { questionAnswering } from "../heads/question-answering.js";
import { type AnswerScores, answerScores } from "../metrics/answers.js";
import { type LanguageModel, openModel, saveModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";
import type { Encoding } from "../tokenizer/tokenizer.js";
import { forEachBatch } from "../train/evaluate.js";
import type { TrainingOptions } from "../train/options.js";
import type { TrainingRun } from "../train/train.js";
import { type LoggedOrOpened, runFiles } from "../train/trainer-state.js";
import { labelFields } from "./labels.js";
import { type Answered, bestAnswers, type SpanOptions, type WindowScores } from "./spans.js";
import { type Subject, type SubjectOptions, trainSubject } from "./subject.js";

export interface WindowOptions {
  /** Tokens of a window, the question among them; 384, or what the model reads if that is less */
  readonly maxTokens?: number;
  /** Tokens that neighbouring windows share; 128, or a quarter of a window if that is less */
  readonly stride?: number;
}

export interface AnswerOptions extends SubjectOptions, WindowOptions {
  /** Questions that are not learned, for evaluations while the others are */
  readonly evaluation?: readonly Question[];
}

export interface Answerer {
  readonly model: LanguageModel;
  readonly maxTokens: number;
  readonly stride: number;
}

export interface AnswerRun extends Answerer, TrainingRun {
  /** Windows that the texts were read in */
  readonly windows: number;
  /** Texts that took more than one */
  readonly cut: number;
}

type Asked = Pick<Question, "question" | "context">;

function sizes({ backbone }: LanguageModel, options: WindowOptions): Required<WindowOptions> {
  const maxTokens = tokenLimit(backbone, options.maxTokens ?? 384);
  return { maxTokens, stride: options.stride ?? Math.min(128, maxTokens >> 2) };
}

/** Windows of each text. */
function windowsOf(
  { tokenizer }: LanguageModel,
  asked: readonly Asked[],
  options: Required<WindowOptions>,
  onTokenize?: TrainingOptions["onTokenize"],
): Encoding[][] {
  return asked.map(({ question, context }, i) => {
    const windows = tokenizer.encodeWindows(question, context, options);
    onTokenize?.(i + 1, asked.length);
    return windows;
  });
}

/** Which text each token belongs to; the first one for a model that tells no two apart, RoBERTa say, whatever its tokenizer writes. */
function typesOf({ config }: LanguageModel, encoded: readonly Encoding[]): (readonly number[])[] {
  return encoded.map(({ types }) => (config["type_vocab_size"] === 1 ? types.map(() => 0) : types));
}

/** First and last token of an answer; the first token of all where the window has none, or not all of one. */
function target({ sequenceIds, offsets }: Encoding, { answers: [answer] }: Question): readonly [number, number] {
  if (answer === undefined) return [0, 0];
  const end = answer.begin + answer.text.length;
  const last = sequenceIds.lastIndexOf(1);
  const first = sequenceIds.indexOf(1);
  const covered = first >= 0 && (offsets[first]?.[0] as number) <= answer.begin && (offsets[last]?.[1] as number) >= end;
  if (!covered) return [0, 0];
  const from = offsets.findLastIndex(([begin], i) => sequenceIds[i] === 1 && begin <= answer.begin);
  return [from, offsets.findIndex(([, after], i) => sequenceIds[i] === 1 && after >= end)];
}

/** transformers makes as many scores of a token as there are labels, and a base model may have brought those of its own task. */
const FIELDS = labelFields(["LABEL_0", "LABEL_1"]);

/** Added to the score of a place that no sequence has. */
const NOWHERE = -1e9;

/**
 * Fine-tunes the whole model; the loss is the mean of the cross-entropies of first and last token, each among the tokens of its window. Windows without the
 * answer, and questions without one, point at the first token (Devlin et al. 2018, arXiv:1810.04805).
 * @throws TetradError IO, FORMAT, UNSUPPORTED as `openModel`; ARGUMENT for a question that leaves no room for the text; DIVERGED
 */
export async function finetuneAnswerer(
  engine: Engine,
  folder: string,
  questions: readonly Question[],
  options: AnswerOptions = {},
): Promise<AnswerRun> {
  return trainSubject(engine, folder, answerSubject(engine, questions, options), options);
}

/** @throws TetradError, while it teaches, ARGUMENT for a question that leaves no room for the text */
export function answerSubject(
  engine: Engine,
  questions: readonly Question[],
  options: AnswerOptions,
): Subject<Omit<AnswerRun, keyof TrainingRun | "model">> {
  const { evaluation } = options;
  return {
    headOf: questionAnswering,
    fieldsOf: () => FIELDS,
    async teach(model) {
      const { backbone, head } = model;
      const size = sizes(model, options);
      const windows = windowsOf(model, questions, size, options.onTokenize);
      const encoded = windows.flat();
      const sequences = encoded.map(({ ids }) => ids);
      const types = typesOf(model, encoded);
      const targets = windows.flatMap((own, q) => own.map((encoding) => target(encoding, questions[q] as Question)));
      const longest = sequences.reduce((most, { length }) => Math.max(most, length), 1);
      return {
        lesson: {
          model,
          sequences,
          inputs: ({ tokens, sequences: most }) => ({
            types: { shape: [tokens], dtype: "i32", bounded: "tokens" },
            places: { shape: [most, longest], dtype: "i32", bounded: "sequences" },
            beyond: { shape: [most, longest], dtype: "f32", bounded: "sequences" },
            first: { shape: [most], dtype: "i32", bounded: "sequences" },
            last: { shape: [most], dtype: "i32", bounded: "sequences" },
          }),
          feeds: (rows, { cuSeqlens }) => ({
            types: endToEnd(rows, types),
            ...rowsOfTokens(
              rows.map((row) => sequences[row] as Ids),
              cuSeqlens,
              longest,
            ),
            first: Int32Array.from(rows, (row) => targets[row]?.[0] as number),
            last: Int32Array.from(rows, (row) => targets[row]?.[1] as number),
          }),
          loss(params, batch, inputs, context) {
            const { start, end } = head.outputs(params, backbone.states(params, batch, context), batch, context);
            const of = (scores: Tensor, wanted: string) =>
              crossEntropy(add(take(scores, inputs["places"] as Tensor), inputs["beyond"] as Tensor), inputs[wanted] as Tensor);
            return mul(add(of(start as Tensor, "first"), of(end as Tensor, "last")), 0.5);
          },
        },
        facts: { ...size, windows: encoded.length, cut: windows.filter(({ length }) => length > 1).length },
        ...(evaluation !== undefined && {
          async evaluate() {
            const { f1, exactMatch } = await evaluateAnswerer(engine, { model, ...size }, evaluation);
            return { f1, exact_match: exactMatch };
          },
        }),
      };
    },
  };
}

/** Places of each sequence's tokens in a row of its own, and what is added where it has none: scores compete within their window. */
function rowsOfTokens(sequences: readonly Ids[], starts: Int32Array, longest: number) {
  const places = new Int32Array(sequences.length * longest);
  const beyond = new Float32Array(places.length).fill(NOWHERE);
  sequences.forEach(({ length }, s) => {
    for (let i = 0; i < length; i++) {
      places[s * longest + i] = (starts[s] as number) + i;
      beyond[s * longest + i] = 0;
    }
  });
  return { places, beyond };
}

/** Writes the folder as transformers reads it. @throws TetradError IO */
export async function saveAnswerer(run: Answerer & LoggedOrOpened, path: string, card?: string): Promise<void> {
  await saveModel(run.model, path, FIELDS, runFiles(run, card));
}

/** A fine-tuned folder, ours or transformers'. @throws TetradError FORMAT for a folder without the head */
export async function openAnswerer(engine: Engine, folder: string, options: WindowOptions = {}): Promise<Answerer> {
  const model = await openModel(engine, folder, questionAnswering);
  model.store.freeze();
  return { model, ...sizes(model, options) };
}

/** The best answers to each question, over all windows of its text. @throws TetradError ARGUMENT for a question that leaves no room for the text */
export async function answer(
  engine: Engine,
  { model, ...size }: Answerer,
  asked: readonly Asked[],
  options: SpanOptions = {},
): Promise<Answered[]> {
  const windows = windowsOf(model, asked, size);
  const encoded = windows.flat();
  const types = typesOf(model, encoded);
  const { backbone, head } = model;
  const context = { training: false };
  const scores: WindowScores[] = [];
  await forEachBatch(engine, model, {
    sequences: encoded.map(({ ids }) => ids),
    inputs: ({ tokens }) => ({ types: { shape: [tokens], dtype: "i32", bounded: "tokens" } }),
    feeds: (numbers) => ({ types: endToEnd(numbers, types) }),
    outputs: (params, batch) => head.outputs(params, backbone.states(params, batch, context), batch, context),
    each: (numbers, starts, { start, end }) =>
      numbers.forEach((w, i) => {
        const encoding = encoded[w] as Encoding;
        const own = (values: unknown) => (values as Float32Array).slice(starts[i], (starts[i] as number) + encoding.ids.length);
        scores.push({ encoding, start: own(start), end: own(end) });
      }),
  });
  let at = 0;
  return windows.map(({ length }, q) => {
    at += length;
    return bestAnswers((asked[q] as Asked).context, scores.slice(at - length, at), options);
  });
}

export interface AnswererEvaluation extends AnswerScores {
  readonly questions: number;
  /** Those that have no answer */
  readonly unanswerable: number;
  readonly predicted: readonly Answered[];
}

/** SQuAD's exact match and F1. Where some question has no answer, none is given where that scores better than the best one, unless told otherwise. */
export async function evaluateAnswerer(
  engine: Engine,
  answerer: Answerer,
  questions: readonly Question[],
  options: SpanOptions = {},
): Promise<AnswererEvaluation> {
  const unanswerable = questions.filter(({ answers }) => answers.length === 0).length;
  const predicted = await answer(engine, answerer, questions, { ...(unanswerable > 0 && { nullThreshold: 0 }), ...options });
  const scores = answerScores(
    questions.map(({ answers }) => answers.map(({ text }) => text)),
    predicted.map(({ text }) => text),
  );
  return { ...scores, questions: questions.length, unanswerable, predicted };
}
