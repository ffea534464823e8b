/**
 * How many threads a plan runs on: decided by timing its own steps. Results have the same bits for any number of threads, so
 * the first real steps serve as the measurement and nothing is run twice.
 */

import type { Launch } from "../../plan/plan.js";

/** Steps per candidate before a decision; the fastest of each counts, since noise only ever adds. */
const TRIALS = 6;
/** Steps that let V8 finish compiling before anything is timed. */
const WARM_UP = 4;
/** A second thread costs about 1 µs a barrier, so plans predicted below this stay on one. */
const WORTH_SHARING_MS = 0.05;
/** Rough rates of one thread for the prediction: 20 GFLOP/s, 8 GB/s, 0.15 µs a launch. */
const FLOPS_PER_MS = 2e7;
const BYTES_PER_MS = 8e6;
const LAUNCH_MS = 1.5e-4;

export class ThreadChoice {
  readonly #candidates: readonly number[];
  readonly #best = new Map<number, number>();
  #trials = 0;
  #decided: number | undefined;
  readonly #predicted: number;
  #why: string;

  /** `tuned`: what a table says of this plan. */
  constructor(
    launches: readonly Launch[],
    fixed: number | undefined,
    most: number,
    tuned?: { readonly threads: number; readonly why: string },
  ) {
    this.#predicted = launches.reduce(
      (ms, launch) => ms + LAUNCH_MS + Math.max(launch.flops / FLOPS_PER_MS, launch.bytes / BYTES_PER_MS),
      0,
    );
    this.#candidates = threadCandidates(most);
    const small = this.#predicted < WORTH_SHARING_MS;
    if (fixed !== undefined) this.#decided = Math.min(fixed, most);
    else if (most === 1 || small) this.#decided = 1;
    this.#why =
      fixed !== undefined
        ? `${this.#decided} thread${this.#decided === 1 ? "" : "s"} as asked`
        : most === 1
          ? "1 thread: no more are available"
          : small
            ? `1 thread: predicted ${(this.#predicted * 1000).toFixed(0)} µs a step, too little to share`
            : `measuring 1 to ${most} threads`;
    if (fixed === undefined && tuned !== undefined) this.settle(Math.min(tuned.threads, most), tuned.why);
  }

  /** Ends the measuring with a decision from elsewhere. */
  settle(threads: number, why: string): void {
    this.#decided = threads;
    this.#why = `${threads} thread${threads === 1 ? "" : "s"}: ${why}`;
  }

  get why(): string {
    return this.#why;
  }

  /** Whether nothing is being measured any more. */
  get decided(): boolean {
    return this.#decided !== undefined && this.#best.size > 0;
  }

  /** Threads of the next step. */
  next(): number {
    if (this.#decided !== undefined) return this.#decided;
    return this.#candidates[this.#trials % this.#candidates.length] as number;
  }

  /** The thread count decided on, or the most that are being tried. */
  get threads(): number {
    return this.#decided ?? (this.#candidates[this.#candidates.length - 1] as number);
  }

  /** Time of one step (ms): measured where there is a measurement. */
  get expected(): number {
    const known = [...this.#best.values()];
    return known.length === 0 ? this.#predicted : Math.min(...known);
  }

  record(threads: number, ms: number): void {
    this.#trials++;
    if (this.#trials <= WARM_UP) return;
    this.#best.set(threads, Math.min(this.#best.get(threads) ?? Number.POSITIVE_INFINITY, ms));
    if (this.#decided !== undefined || this.#trials < WARM_UP + TRIALS * this.#candidates.length) return;
    const ranked = [...this.#best].sort((a, b) => a[1] - b[1]);
    const [winner] = ranked as [[number, number]];
    this.#decided = winner[0];
    this.#why = `${winner[0]} thread${winner[0] === 1 ? "" : "s"}: measured ${ranked.map(([count, time]) => `${(time * 1000).toFixed(0)} µs on ${count}`).join(", ")}`;
  }
}

/** 1, 2, 4, … and the most there are. */
export function threadCandidates(most: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}
