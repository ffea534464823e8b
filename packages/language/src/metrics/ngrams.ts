/** Runs of n tokens and how many two texts share: what measures of generated text count. */

import { TetradError } from "@tetrad/engine";

/** How often each n-gram occurs, by its tokens with spaces between them. */
export type NgramCounts = ReadonlyMap<string, number>;

export function ngrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = tokens.slice(i, i + n).join(" ");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Occurrences that both have. */
export function overlap(a: NgramCounts, b: NgramCounts): number {
  let sum = 0;
  for (const [key, count] of a) sum += Math.min(count, b.get(key) ?? 0);
  return sum;
}

/** Occurrences of all. */
export function total(counts: NgramCounts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** What stands between white space. */
export function pieces(text: string): string[] {
  return text.split(/\p{White_Space}+/u).filter((piece) => piece !== "");
}

/** @throws TetradError SHAPE where candidates and references differ in number, ARGUMENT for no candidate and for one without a reference */
export function checkReferences(op: string, references: readonly (readonly string[])[], candidates: readonly string[]): void {
  if (references.length !== candidates.length) {
    throw new TetradError("SHAPE", {
      op,
      what: "references and candidates differ in number",
      got: `references of ${references.length} candidates and ${candidates.length} candidates`,
    });
  }
  if (candidates.length === 0) throw new TetradError("ARGUMENT", { op, what: "there is nothing to score" });
  const at = references.findIndex(({ length }) => length === 0);
  if (at >= 0) throw new TetradError("ARGUMENT", { op, what: "a candidate has no reference", at: `candidate ${at + 1}` });
}
