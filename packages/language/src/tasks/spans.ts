/** Spans of a text from scores of where an answer begins and ends, over all windows of the text, as transformers' question-answering example chooses them. */

import type { Encoding } from "../tokenizer/tokenizer.js";

export interface SpanOptions {
  /** Answers that are named; 5 unless told */
  readonly best?: number;
  /** Tokens of the longest answer; 30 unless told */
  readonly maxAnswerTokens?: number;
  /** No answer is given where its score lies above the best answer's by more than this; an answer always is, unless told. */
  readonly nullThreshold?: number;
}

/** Scores of each token of a window */
export interface WindowScores {
  readonly encoding: Encoding;
  readonly start: Float32Array;
  readonly end: Float32Array;
}

export interface Span {
  readonly text: string;
  /** First unit of the text, and the one after its last */
  readonly begin: number;
  readonly end: number;
  /** Sum of both logits */
  readonly score: number;
  /** Among the 20 best, as transformers counts it, however many are named, and no answer where that is allowed */
  readonly probability: number;
}

export interface Answered {
  /** Empty for no answer */
  readonly text: string;
  /** The best spans, best first; empty for a text without a token */
  readonly spans: readonly Span[];
  /** How much better no answer scores than the best one */
  readonly nullDifference: number;
}

/** Beginnings and ends that are paired, of each window */
const CANDIDATES = 20;
/** Answers that share the probability */
const SHARING = 20;

/** @param context the text that the windows are of */
export function bestAnswers(context: string, windows: readonly WindowScores[], options: SpanOptions): Answered {
  const { best = 5, maxAnswerTokens = 30, nullThreshold } = options;
  const found = new Map<string, Omit<Span, "probability">>();
  let nothing = Number.POSITIVE_INFINITY;
  for (const window of windows) {
    const { encoding, start, end } = window;
    nothing = Math.min(nothing, (start[0] as number) + (end[0] as number));
    const ends = candidates(end, encoding);
    for (const i of candidates(start, encoding)) {
      for (const j of ends) {
        if (j < i || j - i >= maxAnswerTokens) continue;
        const [begin, after] = [encoding.offsets[i]?.[0] as number, encoding.offsets[j]?.[1] as number];
        const score = (start[i] as number) + (end[j] as number);
        const key = `${begin} ${after}`;
        // A span that two windows have counts once, by the better of its scores.
        if (score > (found.get(key)?.score ?? Number.NEGATIVE_INFINITY))
          found.set(key, { text: context.slice(begin, after), begin, end: after, score });
      }
    }
  }
  const sorted = [...found.values()].sort((a, b) => b.score - a.score);
  const named = sorted.slice(0, best);
  const scores = [...sorted.slice(0, SHARING).map(({ score }) => score), ...(nullThreshold === undefined ? [] : [nothing])];
  const largest = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
  const spans = named.map((span) => ({ ...span, probability: Math.exp(span.score - largest) / total }));
  const nullDifference = nothing - (named[0]?.score ?? Number.NEGATIVE_INFINITY);
  const silent = nullThreshold !== undefined && nullDifference > nullThreshold;
  return { text: silent ? "" : (named[0]?.text ?? ""), spans, nullDifference };
}

/** Tokens of the text with the highest scores. */
function candidates(scores: Float32Array, { sequenceIds }: Encoding): number[] {
  const places = Array.from(scores, (_, i) => i).filter((i) => sequenceIds[i] === 1);
  return places.sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, CANDIDATES);
}
