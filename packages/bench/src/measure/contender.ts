/** Whoever can be timed at one piece of work, here or in another process. */
import { Bench } from "tinybench";
import { median } from "./statistics.js";

export interface Contender {
  /** As the tables show it. */
  readonly name: string;
  /** "tetrad", or the peer's name. */
  readonly who: string;
  readonly threads?: number;
  /** Times of single calls (ms), measured for about so long; one at least. */
  sample(milliseconds: number): Promise<readonly number[]>;
  /** What it computes: compared with the others before anything is timed. */
  result(): Promise<ArrayLike<number>>;
  close(): unknown;
}

/** Losses of the first `count` steps, which is what contenders that train are compared by. */
export async function firstLosses(step: () => number | Promise<number>, count: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push(await step());
  return losses;
}

/** Calls are batched until one timing takes so long (ms), beyond the clock's own cost and resolution. */
const SHORTEST = 0.2;

/** A contender's `sample` for a function of this process; `call` returns a promise when it is asynchronous. */
export function local(call: () => unknown): (milliseconds: number) => Promise<readonly number[]> {
  let batch = 1;
  let asynchronous: boolean | undefined;
  return async (milliseconds) => {
    if (asynchronous === undefined) {
      const begin = performance.now();
      const first = call();
      asynchronous = first instanceof Promise;
      await first;
      const taken = performance.now() - begin;
      // Long work is not done twice for one time of it.
      if (taken >= milliseconds) return [taken];
    }
    const bench = new Bench({ time: milliseconds, iterations: 1, warmup: false, retainSamples: true, throws: true });
    if (asynchronous) {
      bench.add(
        "call",
        async () => {
          for (let i = 0; i < batch; i++) await call();
        },
        { async: true },
      );
      await bench.run();
    } else {
      // Unless told, tinybench finds out by calling it once more.
      bench.add(
        "call",
        () => {
          for (let i = 0; i < batch; i++) call();
        },
        { async: false },
      );
      bench.runSync();
    }
    const result = bench.tasks[0]?.result;
    if (result === undefined || !("latency" in result) || result.latency.samples === undefined)
      throw new Error("tinybench kept no samples");
    const times = [...result.latency.samples].map((time) => time / batch);
    batch = Math.max(1, Math.ceil(SHORTEST / median(times)));
    return times;
  };
}
