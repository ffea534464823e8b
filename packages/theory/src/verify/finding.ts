/** What a check says of a theory: an outcome, a sentence that holds, and the numbers behind it. */

/** `doubtful` deserves a look and fails nothing; `skipped` says why it does not apply. */
export type Outcome = "passed" | "doubtful" | "failed" | "skipped";

export interface Finding {
  /** For programs: `chi-square`. */
  readonly check: string;
  /** For people. */
  readonly title: string;
  readonly outcome: Outcome;
  /** A plain sentence with its number. */
  readonly verdict: string;
  readonly numbers: Readonly<Record<string, number | null>>;
}

/** Below this probability a check fails. Of a hundred studies with ten such checks and right theories, one fails a check; at 0.05 forty would. */
export const FAILS_BELOW = 1e-3;
/** Below this one it is doubtful. */
export const DOUBTFUL_BELOW = 0.05;

/** NaN passes nothing. */
export function outcomeOf(probability: number): Outcome {
  return probability >= DOUBTFUL_BELOW ? "passed" : probability >= FAILS_BELOW ? "doubtful" : "failed";
}

export function skipped(check: string, title: string, why: string): Finding {
  return { check, title, outcome: "skipped", verdict: why, numbers: {} };
}

/** `0.043`, `2.1e-7`. */
export function asProbability(p: number): string {
  return p < 1e-3 ? p.toExponential(1) : p.toFixed(3);
}
