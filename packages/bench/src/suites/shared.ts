/** What several suites need. */
import type { Comparison, Figure, Timing } from "../suite.js";

/**
 * A check that holds every later result against the first one: ours where we take part, since ours is proven by the project's tests, else the
 * first peer's.
 */
export function firstResult(
  compare: (result: ArrayLike<number>, expected: ArrayLike<number>) => void,
): (result: ArrayLike<number>) => void {
  let expected: ArrayLike<number> | undefined;
  return (result) => {
    if (expected === undefined) {
      for (let i = 0; i < result.length; i++) if (!Number.isFinite(result[i])) throw new Error(`number ${i} is ${result[i]}`);
      expected = result;
    } else compare(result, expected);
  };
}

/** Figures against PyTorch held to AVX2, at each number of threads. */
export function avx2Figures({ name, ratios }: Comparison, goal: number): Figure[] {
  return Object.entries(ratios)
    .filter(([peer]) => peer.startsWith("torch avx2"))
    .map(([peer, { value }]) => ({ name: `${name} against ${peer}`, value, goal, unit: "×", atLeast: true }));
}

/** Who a name in the timings is. */
export function contenderOf(comparisons: readonly Comparison[], name: string): { readonly who: string; readonly threads?: number } {
  const { who, threads } = comparisons.map(({ timings }) => timings[name]).find((timing) => timing !== undefined) as Timing;
  return { who, ...(threads !== undefined && { threads }) };
}
