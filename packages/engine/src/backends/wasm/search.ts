/** A search bounded in time over what may be chosen for a plan without changing its results: the number of threads, and a variant for each launch that has some. */

/** Variant of one launch of the plan, by index. */
export interface Choice {
  readonly launch: number;
  readonly variant: number;
}

export interface SearchProblem {
  /** Thread counts to try. */
  readonly threads: readonly number[];
  /** How many variants each launch has, where it has more than one. */
  readonly variants: ReadonlyMap<number, number>;
  /** Milliseconds of one step of the whole plan, or of a launch alone in one of its variants. */
  timePlan(threads: number): number;
  timeLaunch(choice: Choice, threads: number): number;
  /** Milliseconds. */
  now(): number;
}

export interface SearchResult {
  readonly threads: number;
  /** Best time of a step on each count, fastest first. */
  readonly times: readonly (readonly [threads: number, ms: number])[];
  /** Launches that another variant than the default does faster. */
  readonly choices: readonly Choice[];
  /** Launches whose variants time did not suffice for. */
  readonly untried: number;
}

/** Rounds in which every candidate is timed once, in turns; noise only adds, so the best of each counts. */
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 60;
/** A variant must take less than this share of the default's time: smaller differences are layout and luck. */
const WORTH = 0.97;

/** @param seconds of the whole search; one timing may overrun it, and a first one of each count is always taken */
export function search(problem: SearchProblem, seconds: number): SearchResult {
  const { variants, now } = problem;
  const start = now();
  const end = start + seconds * 1000;
  // Variants are compared on the thread count that has won, so threads come first, with half of the time where there is more to try.
  const half = variants.size === 0 ? end : start + seconds * 500;
  const best = race(problem.threads, (threads) => problem.timePlan(threads), now, half);
  const times = [...best].sort((a, b) => a[1] - b[1]);
  const [[threads]] = times as [[number, number]];
  const choices: Choice[] = [];
  let left = variants.size;
  for (const [launch, count] of variants) {
    if (now() >= end) break;
    const [begin, share] = [now(), (end - now()) / left];
    left--;
    const numbers = Array.from({ length: count }, (_, variant) => variant);
    const found = race(numbers, (variant) => problem.timeLaunch({ launch, variant }, threads), now, begin + 0.7 * share);
    const [[variant]] = [...found].sort((a, b) => a[1] - b[1]) as [[number, number]];
    if (!pays(found, variant)) continue;
    // The best of many is best by luck more often than not: it must win again, against the default alone.
    const again = race([0, variant], (one) => problem.timeLaunch({ launch, variant: one }, threads), now, begin + share);
    if (pays(again, variant)) choices.push({ launch, variant });
  }
  return { threads, times, choices, untried: left };
}

function pays(times: ReadonlyMap<number, number>, variant: number): boolean {
  return variant !== 0 && (times.get(variant) as number) < WORTH * (times.get(0) as number);
}

/** Best time of each candidate; ends after the first round in which time is up. */
function race<T>(candidates: readonly T[], time: (candidate: T) => number, now: () => number, end: number): Map<T, number> {
  const best = new Map<T, number>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const candidate of candidates) {
      if (now() >= end && (round >= LEAST_ROUNDS || best.has(candidate))) return best;
      best.set(candidate, Math.min(best.get(candidate) ?? Number.POSITIVE_INFINITY, time(candidate)));
    }
  }
  return best;
}
