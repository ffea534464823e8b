/** Pairs of a true and a predicted class that occur. */

export interface ClassPair {
  /** Numbers of classes */
  readonly target: number;
  readonly predicted: number;
  readonly count: number;
  /** Of the true class's examples */
  readonly share: number;
}

/** The most frequent first. @param counts `counts[i][j]`: examples of class i that were taken for class j */
export function classPairs(counts: readonly (readonly number[])[]): ClassPair[] {
  return counts
    .flatMap((row, target) => {
      const all = row.reduce((sum, count) => sum + count, 0);
      return row.map((count, predicted): ClassPair => ({ target, predicted, count, share: count / all }));
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || b.share - a.share);
}
