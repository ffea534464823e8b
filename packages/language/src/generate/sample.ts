/** Which token comes next: the most probable one, or a draw from those that are left after cuts, in the order in which transformers applies them. */

import { indexOfLargest, TetradError, uniformAt } from "@tetrad/engine";

export interface SamplingOptions {
  /** Divides the logits; 0, the default, takes the most probable token always. */
  readonly temperature?: number;
  /** Only so many of the most probable tokens; 0 for all */
  readonly topK?: number;
  /** Only the most probable tokens that together have this probability (Holtzman et al. 2020, arXiv:1904.09751) */
  readonly topP?: number;
  /** Only tokens with at least this share of the most probable one's probability (Nguyen et al. 2024, arXiv:2407.01082) */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of tokens that have occurred (Keskar et al. 2019, arXiv:1909.05858) */
  readonly repetitionPenalty?: number;
  readonly seed?: number;
}

/** Stream of the generator, apart from those of dropout and initial values. */
const STREAM = 0x7e87;

/** @throws TetradError ARGUMENT for numbers that no cut can have */
export function checkSampling({ temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 }: SamplingOptions): void {
  const bad = Object.entries({
    temperature: temperature >= 0 && Number.isFinite(temperature),
    topK: Number.isInteger(topK) && topK >= 0,
    topP: topP > 0 && topP <= 1,
    minP: minP >= 0 && minP <= 1,
    repetitionPenalty: repetitionPenalty > 0,
  }).find(([, valid]) => !valid);
  if (bad !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "generate",
      what: `${bad[0]} is out of range`,
      expected: "temperature ≥ 0, topK ≥ 0, 0 < topP ≤ 1, 0 ≤ minP ≤ 1, repetitionPenalty > 0",
    });
}

/**
 * @param logits (V)
 * @param seen tokens of prompt and answer so far, for the penalty
 * @param step number of the answer's token, which with the seed fixes the draw
 */
export function nextToken(logits: Float32Array, seen: readonly number[], step: number, options: SamplingOptions = {}): number {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, seed = 0 } = options;
  const scores = Float64Array.from(logits);
  if (repetitionPenalty !== 1) {
    for (const id of new Set(seen)) {
      const score = scores[id] as number;
      scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
    }
  }
  if (temperature === 0) return indexOfLargest(scores);
  let order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  if (topK > 0) order = order.slice(0, topK);
  const top = scores[order[0] as number] as number;
  let weights = order.map((id) => Math.exp(((scores[id] as number) - top) / temperature));
  if (topP < 1) {
    const whole = weights.reduce((a, b) => a + b, 0);
    let before = 0;
    const kept = weights.findIndex((weight) => {
      const enough = before >= topP * whole;
      before += weight;
      return enough;
    });
    if (kept > 0) weights = weights.slice(0, kept);
  }
  // The first has weight 1.
  if (minP > 0) weights = weights.filter((weight) => weight >= minP);
  const total = weights.reduce((a, b) => a + b, 0);
  let left = uniformAt(seed, STREAM, step, 0, "f64") * total;
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return order[i] as number;
  }
  return order[weights.length - 1] as number;
}
