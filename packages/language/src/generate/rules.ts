/** What is changed of the scores of next tokens before one is chosen, in the order in which transformers does it. */

export interface RuleOptions {
  /** Divides positive and multiplies negative logits of tokens that have occurred (Keskar et al. 2019, arXiv:1909.05858) */
  readonly repetitionPenalty?: number;
  /** No run of so many tokens occurs twice in prompt and answer; 0 for any */
  readonly noRepeatNgramSize?: number;
  /** Runs of tokens that do not occur in the answer */
  readonly badWordsIds?: readonly (readonly number[])[];
  /** The answer does not end before it has so many tokens. */
  readonly minNewTokens?: number;
}

/**
 * @param scores (V), logits or their logarithms of probabilities, which are changed
 * @param seen tokens of prompt and answer so far
 * @param answered how many of them are the answer's
 * @param ends tokens that end an answer
 */
export function applyRules(
  scores: Float64Array,
  seen: readonly number[],
  answered: number,
  ends: ReadonlySet<number>,
  { repetitionPenalty = 1, noRepeatNgramSize = 0, badWordsIds = [], minNewTokens = 0 }: RuleOptions,
): void {
  if (repetitionPenalty !== 1) {
    for (const id of new Set(seen)) {
      const score = scores[id] as number;
      scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
    }
  }
  if (noRepeatNgramSize > 0) for (const id of repeating(seen, noRepeatNgramSize)) scores[id] = Number.NEGATIVE_INFINITY;
  for (const word of badWordsIds) {
    const last = word.at(-1) as number;
    // The end is no word.
    if (word.length === 1 && ends.has(last)) continue;
    if (endsWith(seen, word.slice(0, -1))) scores[last] = Number.NEGATIVE_INFINITY;
  }
  if (answered < minNewTokens) for (const id of ends) scores[id] = Number.NEGATIVE_INFINITY;
}

/** Tokens that would end a run of `size` tokens that has occurred. */
function repeating(seen: readonly number[], size: number): number[] {
  const last = size === 1 ? [] : seen.slice(1 - size);
  if (last.length < size - 1) return [];
  return seen.filter((_, i) => i >= size - 1 && last.every((id, k) => seen[i - size + 1 + k] === id));
}

function endsWith(seen: readonly number[], run: readonly number[]): boolean {
  return run.every((id, i) => seen[seen.length - run.length + i] === id);
}
