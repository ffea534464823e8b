// Times contenders side by side: each warmed up until its time is stable, then in turns (A B A B …), so that a machine that slows down slows them all.
import { setTimeout as sleep } from "node:timers/promises";
import { Bench } from "tinybench";
import { mad, median } from "./statistics.mjs";

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(milliseconds: number) => Promise<number[]>} sample times of single calls (ms), measured for so long
 */

/** Effort of a run; `quick` is for seeing that everything works. */
export const EFFORT = {
  full: { rounds: 9, milliseconds: 120, warmUps: 20 },
  quick: { rounds: 3, milliseconds: 20, warmUps: 3 },
};

const SETTLE_MS = 40;
/** A warm-up window this much slower or faster than the one before is not stable yet: V8 may still be compiling. */
const STABLE = 0.03;
/** Calls are batched until one timing takes so long (ms), beyond the clock's own cost and resolution. */
const SHORTEST = 0.2;

/**
 * A contender's `sample` for a function of this process.
 * @param {() => unknown} call returns a promise when it is asynchronous
 * @returns {(milliseconds: number) => Promise<number[]>}
 */
export function local(call) {
  let batch = 1;
  return async (milliseconds) => {
    const bench = new Bench({ time: milliseconds, iterations: 3, warmup: false, retainSamples: true, throws: true });
    const first = call();
    if (first instanceof Promise) {
      await first;
      bench.add("call", async () => {
        for (let i = 0; i < batch; i++) await call();
      });
      await bench.run();
    } else {
      bench.add("call", () => {
        for (let i = 0; i < batch; i++) call();
      });
      bench.runSync();
    }
    const times = bench.tasks[0].result.latency.samples.map((time) => time / batch);
    batch = Math.max(1, Math.ceil(SHORTEST / median(times)));
    return times;
  };
}

/**
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, milliseconds: number, warmUps: number }} effort
 * @returns {Promise<Record<string, { median: number, min: number, mad: number, samples: number, rounds: number[] }>>} ms a call, by name
 */
export async function compare(contenders, { rounds, milliseconds, warmUps }) {
  for (const { sample } of contenders) {
    let before = Number.POSITIVE_INFINITY;
    for (let window = 0, stable = 0; window < warmUps && stable < 2; window++) {
      const now = median(await sample(milliseconds / 2));
      stable = Math.abs(now - before) < STABLE * before ? stable + 1 : 0;
      before = now;
    }
  }
  const all = new Map(contenders.map(({ name }) => [name, { medians: [], min: Number.POSITIVE_INFINITY, samples: 0 }]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, sample } of contenders) {
      // Thread pools of the rivals spin for some milliseconds after their last call, on a core that the next one needs.
      await sleep(SETTLE_MS);
      const times = await sample(milliseconds);
      const entry = all.get(name);
      entry.medians.push(median(times));
      for (const time of times) entry.min = Math.min(entry.min, time);
      entry.samples += times.length;
    }
  }
  return Object.fromEntries(
    [...all].map(([name, { medians, min, samples }]) => [
      name,
      { median: median(medians), min, mad: mad(medians), samples, rounds: medians },
    ]),
  );
}
