/** Which token comes next: the most probable one, or a draw from those that are left after cuts, in the order in which transformers applies them. */

import { indexOfLargest, TetradError, uniformAt } from "@tetrad/engine";
import { applyRules, type RuleOptions } from "./rules.js";

export interface SamplingOptions extends RuleOptions {
  /** Divides the logits; 0, the default, takes the most probable token always. */
  readonly temperature?: number;
  /** Only so many of the most probable tokens; 0 for all */
  readonly topK?: number;
  /** Only the most probable tokens that together have this probability (Holtzman et al. 2020, arXiv:1904.09751) */
  readonly topP?: number;
  /** Only tokens with at least this share of the most probable one's probability (Nguyen et al. 2024, arXiv:2407.01082) */
  readonly minP?: number;
  readonly seed?: number;
}

/** Stream of the generator, apart from those of dropout and initial values. */
const STREAM = 0x7e87;

/** @throws TetradError ARGUMENT for numbers that no cut and no rule can have */
export function checkSampling(options: SamplingOptions): void {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, noRepeatNgramSize = 0, minNewTokens = 0 } = options;
  const bad = Object.entries({
    temperature: temperature >= 0 && Number.isFinite(temperature),
    topK: Number.isInteger(topK) && topK >= 0,
    topP: topP > 0 && topP <= 1,
    minP: minP >= 0 && minP <= 1,
    repetitionPenalty: repetitionPenalty > 0,
    noRepeatNgramSize: Number.isInteger(noRepeatNgramSize) && noRepeatNgramSize >= 0,
    minNewTokens: Number.isInteger(minNewTokens) && minNewTokens >= 0,
  }).find(([, valid]) => !valid);
  if (bad !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "generate",
      what: `${bad[0]} is out of range`,
      expected: "temperature ≥ 0, topK ≥ 0, 0 < topP ≤ 1, 0 ≤ minP ≤ 1, repetitionPenalty > 0, noRepeatNgramSize ≥ 0, minNewTokens ≥ 0",
    });
}

/** What of an answer decides its next token. */
export interface Course {
  /** Tokens of prompt and answer so far */
  readonly seen: readonly number[];
  /** Number of the answer's token, which with the seed fixes the draw */
  readonly step: number;
  /** Tokens that end an answer */
  readonly ends?: ReadonlySet<number>;
  /** Tokens that may come (V), 0 where one may not; all unless told */
  readonly allowed?: Uint8Array | undefined;
}

const NONE: ReadonlySet<number> = new Set();

/** @param logits (V). @throws TetradError ARGUMENT where rules and what is allowed leave no token */
export function nextToken(logits: Float32Array, { seen, step, ends = NONE, allowed }: Course, options: SamplingOptions = {}): number {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, seed = 0 } = options;
  const scores = Float64Array.from(logits);
  applyRules(scores, seen, step, ends, options);
  if (allowed !== undefined) for (let id = 0; id < scores.length; id++) if (allowed[id] === 0) scores[id] = Number.NEGATIVE_INFINITY;
  const likeliest = indexOfLargest(scores);
  const top = scores[likeliest] as number;
  if (top === Number.NEGATIVE_INFINITY)
    throw new TetradError("ARGUMENT", { op: "generate", what: "the rules leave no token that may come next", hint: "forbid less" });
  if (temperature === 0) return likeliest;
  const weightOf = (id: number) => Math.exp(((scores[id] as number) - top) / temperature);
  const uniform = uniformAt(seed, STREAM, step, 0, "f64");
  const order = descending(scores);
  const first = topK > 0 ? taken(order, topK) : undefined;
  const whole = sumOf((first ?? Array.from(scores.keys())).map(weightOf));
  // Without a cut by probability nothing has to be in order but what comes before the draw.
  if (topP === 1 && minP === 0) return drawn(first ?? order, weightOf, uniform * whole);
  const kept: number[] = [];
  let before = 0;
  for (const id of first ?? order) {
    const weight = weightOf(id);
    // The first has weight 1.
    if (kept.length > 0 && (before >= topP * whole || weight < minP)) break;
    kept.push(id);
    before += weight;
  }
  return drawn(kept, weightOf, uniform * before);
}

function drawn(ids: Iterable<number>, weightOf: (id: number) => number, at: number): number {
  let left = at;
  let last = -1;
  for (const id of ids) {
    const weight = weightOf(id);
    // What may not come does not, rounding or not.
    if (weight === 0) continue;
    last = id;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function taken(ids: Iterable<number>, count: number): number[] {
  const some: number[] = [];
  for (const id of ids) {
    some.push(id);
    if (some.length === count) break;
  }
  return some;
}

/**
 * Places by falling score, the first of equals first, sorted no further than they are asked for: a heap of 49,152 scores is made in a millisecond, where sorting them
 * takes ten.
 */
function* descending(scores: Float64Array): Generator<number> {
  const heap = Int32Array.from(scores.keys());
  const above = (a: number, b: number) => {
    const [x, y] = [scores[a] as number, scores[b] as number];
    return x > y || (x === y && a < b);
  };
  const sink = (from: number, size: number) => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && above(heap[child + 1] as number, heap[child] as number)) child += 1;
      const [own, other] = [heap[at] as number, heap[child] as number];
      if (!above(other, own)) return;
      heap[at] = other;
      heap[child] = own;
      at = child;
    }
  };
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(at, heap.length);
  for (let size = heap.length; size > 0; size--) {
    yield heap[0] as number;
    heap[0] = heap[size - 1] as number;
    sink(0, size - 1);
  }
}
