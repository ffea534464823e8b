/** Small sums that several parts of the page need. */

export function average(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum / n;
}

/** Losses of single steps jump about: the mean of each `width` of them, and the step in their middle. */
export function smoothed(steps: readonly number[], width: number): [at: number[], means: number[]] {
  const groups = Math.floor(steps.length / width);
  const at = Array.from({ length: groups }, (_, i) => width * i + width / 2);
  return [at, at.map((_, i) => average(width, (k) => steps[width * i + k] as number))];
}
