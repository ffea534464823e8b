/** Beam search: of all continuations of several beginnings the most probable ones are kept, until no better end is to be expected. Step by step as transformers 5 does it. */

import { TetradError } from "@tetrad/engine";
import { fullOptions, type Generated, type GenerateOptions, type Prompt, promptOf } from "./answer.js";
import type { TextGenerator } from "./open.js";
import { applyRules, type RuleOptions } from "./rules.js";
import { TextStream } from "./text-stream.js";

export interface BeamOptions extends RuleOptions, Pick<GenerateOptions, "maxNewTokens" | "badWords" | "signal"> {
  /** Beginnings that are kept; 4 unless told */
  readonly numBeams?: number;
  /** A text of n tokens has its logarithm of probability divided by n to this power: above 0 for longer texts; 1 unless told */
  readonly lengthPenalty?: number;
  /**
   * When the search ends: `true` once there are as many ends as beams, `false`, the default, where the best beginning, divided by its present length, is no better
   * than the worst end, "never" where it could not become better at any length.
   */
  readonly earlyStopping?: boolean | "never";
  /** Texts that are given back, at most as many as beams; 1 unless told */
  readonly numReturnSequences?: number;
}

export interface BeamAnswer extends Generated {
  /** Logarithm of its probability, its end token counted, divided by its length to the power of `lengthPenalty` */
  readonly score: number;
}

/** A text that has begun or ended: the answer's tokens. */
interface Beam {
  readonly ids: readonly number[];
  readonly score: number;
  /** Beam that it goes on from */
  readonly from: number;
}

/**
 * @param generator opened for at least as many sequences as there are beams
 * @returns the best texts, the most probable first
 * @throws TetradError ARGUMENT for numbers out of range, more beams than sequences, and a prompt that leaves no room
 */
export async function beamSearch(generator: TextGenerator, prompt: Prompt, given: BeamOptions = {}): Promise<BeamAnswer[]> {
  const { decoder, ends, model } = generator;
  const options = fullOptions(generator, given);
  const { numBeams = 4, lengthPenalty = 1, earlyStopping = false, numReturnSequences = 1, maxNewTokens = 64, signal } = options;
  checkBeams(numBeams, numReturnSequences, decoder.sequences);
  if (!Number.isFinite(lengthPenalty))
    throw new TetradError("ARGUMENT", { op: "beamSearch", what: "lengthPenalty is no number", got: `${lengthPenalty}` });
  const ids = promptOf(generator, prompt);
  const opening = decoder.opening(ids);
  const most = Math.min(maxNewTokens, decoder.room(ids));
  const kept = Math.max(2, 1 + ends.size) * numBeams;
  const hasEnded = ({ ids: own }: Beam) => ends.has(own.at(-1) as number) || own.length === most;
  const start = performance.now();
  // What the others have of a text before this one may be another adapter's, even where its tokens are the same.
  for (let sequence = 1; sequence < decoder.sequences; sequence++) decoder.reset(sequence);
  let logits = await decoder.begin(ids, 0);
  const read = performance.now();
  let running: readonly Beam[] = [{ ids: [], score: 0, from: 0 }];
  let finished: readonly Beam[] = [];
  for (let improvable = true; improvable && signal?.aborted !== true; ) {
    const found = continuations(running, logits, decoder.vocabulary, kept, (scores, { ids: own }) =>
      applyRules(scores, [...opening, ...own], own.length, ends, options),
    );
    const [likeliest] = found;
    if (likeliest === undefined) break;
    const { length } = likeliest.ids;
    // What is not among the best is there only so that enough go on.
    const ended = found.slice(0, numBeams).filter(hasEnded);
    finished = [...finished, ...ended.map((beam) => ({ ...beam, score: beam.score / length ** lengthPenalty }))]
      .sort((a, b) => b.score - a.score)
      .slice(0, numBeams);
    running = found.filter((beam) => !hasEnded(beam)).slice(0, numBeams);
    const [best] = running;
    if (best === undefined) break;
    const full = finished.length === numBeams;
    const hoped = best.score / (earlyStopping === "never" && lengthPenalty > 0 ? most : length) ** lengthPenalty;
    improvable = !full || (earlyStopping !== true && hoped > (finished.at(-1) as Beam).score);
    if (!improvable) break;
    await decoder.copy(Array.from({ length: decoder.sequences }, (_, sequence) => running[sequence]?.from ?? sequence));
    logits = await decoder.step(running.map(({ ids: own }) => own.at(-1)));
  }
  const seconds = { prompt: (read - start) / 1000, answer: (performance.now() - read) / 1000 };
  // Stopped from outside, what has begun is all that there is.
  const found = finished.length > 0 ? finished : running;
  return found.slice(0, numReturnSequences).map(({ ids: own, score }) => {
    const whole = ends.has(own.at(-1) as number);
    const answered = whole ? own.slice(0, -1) : own;
    const stream = new TextStream(model.tokenizer, opening);
    const text = [...answered.map((id) => stream.push(id)), stream.rest()].join("");
    return { text, ids: answered, score, reason: signal?.aborted === true ? "aborted" : whole ? "end" : "length", seconds };
  });
}

/** The best continuations by one token, at most `count`, the best first. */
function continuations(
  running: readonly Beam[],
  logits: Float32Array,
  vocabulary: number,
  count: number,
  rules: (scores: Float64Array, beam: Beam) => void,
): readonly Beam[] {
  const best: { readonly from: number; readonly id: number; readonly score: number }[] = [];
  running.forEach((beam, from) => {
    const scores = logProbabilities(logits.subarray(from * vocabulary, (from + 1) * vocabulary));
    rules(scores, beam);
    scores.forEach((own, id) => {
      const score = beam.score + own;
      if (score === Number.NEGATIVE_INFINITY || (best.length === count && score <= (best.at(-1)?.score as number))) return;
      if (best.length === count) best.pop();
      const after = best.findIndex((other) => other.score < score);
      best.splice(after < 0 ? best.length : after, 0, { from, id, score });
    });
  });
  return best.map(({ from, id, score }) => ({ ids: [...(running[from] as Beam).ids, id], score, from }));
}

function logProbabilities(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const whole = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return Float64Array.from(logits, (logit) => logit - largest - Math.log(whole));
}

function checkBeams(numBeams: number, numReturnSequences: number, sequences: number): void {
  const fits = Number.isInteger(numBeams) && numBeams >= 1 && numBeams <= sequences;
  if (fits && Number.isInteger(numReturnSequences) && numReturnSequences >= 1 && numReturnSequences <= numBeams) return;
  throw new TetradError("ARGUMENT", {
    op: "beamSearch",
    what: fits ? "numReturnSequences is out of range" : "numBeams is out of range",
    got: `${fits ? numReturnSequences : numBeams}`,
    expected: fits ? `1 to ${numBeams}, the number of beams` : `1 to ${sequences}, the sequences that the generator was opened for`,
    ...(!fits && { hint: "open it with as many: openGenerator(engine, folder, { sequences })" }),
  });
}
