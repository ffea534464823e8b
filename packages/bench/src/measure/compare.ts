/** Times contenders side by side: each warmed up until its time is stable, then in turns (A B A B …), so that a machine that slows down slows them all. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Comparison, Ratio, SuiteContext, Timing } from "../suite.js";
import type { Contender } from "./contender.js";
import { mad, median, pairedRatio } from "./statistics.js";

export interface Effort {
  readonly rounds: number;
  /** For how long a contender is sampled in one round. */
  readonly milliseconds: number;
  /** Most windows of half a sample before the first round. */
  readonly warmUps: number;
}

/** `quick` is for seeing that everything works. */
export const EFFORT = {
  full: { rounds: 7, milliseconds: 50, warmUps: 8 },
  quick: { rounds: 3, milliseconds: 10, warmUps: 3 },
} as const satisfies Record<string, Effort>;

/** Thread pools of peers spin for some milliseconds after their last call, on a core that the next one needs. */
const SETTLE_MS = 40;
/** A warm-up window this much slower or faster than the one before is not stable yet: V8 may still be compiling. */
const STABLE = 0.03;
/** Work that takes as long a call is warm after two calls, the one for its result and one more, and nobody waits for ten. */
const LONGEST_WARM_UP_MS = 600;
/** Beyond this the one for its result is enough. */
const WARM_AT_ONCE_MS = 700;
/** A comparison of slow contenders makes fewer rounds, but at least five, for the interval of a ratio to mean something; three where one takes that long. */
const BUDGET_MS = 3000;
const FEWEST_ROUNDS = 5;
const ROUNDS_BEYOND_BUDGET = 3;
const YARDSTICK_MS = 6;

export interface Work {
  readonly flops?: number;
  readonly bytes?: number;
}

/** What happened to those who could not be timed: name → reason. */
export type Absent = Record<string, string>;

/** Contenders of one comparison, and who is missing. */
export interface Field {
  readonly contenders: readonly Contender[];
  readonly absent: Absent;
}

/**
 * Closes every contender whatever happens. A peer that fails is left out and named in `absent`; when one of ours fails, the comparison does.
 * @param check throws when a contender's result is wrong
 */
export async function compare(
  { effort, yardstick, log }: Pick<SuiteContext, "effort" | "yardstick" | "log">,
  name: string,
  field: Field,
  check: (result: ArrayLike<number>, contender: Contender) => void,
  work: Work = {},
): Promise<Comparison> {
  log(name);
  const absent: Absent = { ...field.absent };
  const running = new Set(field.contenders);
  const unlessAbsent = async (contender: Contender, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (contender.who === "tetrad") throw new Error(`${contender.name}, ${name}: ${message}`, { cause: error });
      absent[contender.name] = message.split("\n")[0] as string;
      running.delete(contender);
    }
  };
  try {
    const first = new Map<Contender, number>();
    for (const contender of field.contenders) {
      await unlessAbsent(contender, async () => {
        const begin = performance.now();
        check(await contender.result(), contender);
        first.set(contender, performance.now() - begin);
      });
    }
    let turn = 0;
    for (const contender of [...running]) {
      await unlessAbsent(contender, async () => {
        turn += SETTLE_MS + Math.max(effort.milliseconds, await warmUp(contender, effort, first.get(contender) as number));
      });
    }
    await yardstick.sample(YARDSTICK_MS);
    const affordable = turn > BUDGET_MS ? ROUNDS_BEYOND_BUDGET : Math.max(FEWEST_ROUNDS, Math.floor(BUDGET_MS / turn));
    const rounds = Math.min(effort.rounds, affordable);
    const measured = new Map(
      [...running].map((contender) => [contender, { rounds: [] as number[], min: Number.POSITIVE_INFINITY, samples: 0 }]),
    );
    const yard: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const contender of [...running]) {
        if (field.contenders.length > 1) await sleep(SETTLE_MS);
        await unlessAbsent(contender, async () => {
          const times = await contender.sample(effort.milliseconds);
          const entry = measured.get(contender) as NonNullable<ReturnType<typeof measured.get>>;
          entry.rounds.push(median(times));
          entry.min = times.reduce((least, time) => Math.min(least, time), entry.min);
          entry.samples += times.length;
        });
      }
      yard.push(median(await yardstick.sample(YARDSTICK_MS)));
    }
    const timings: Record<string, Timing> = {};
    for (const contender of running) {
      const { rounds: medians, min, samples } = measured.get(contender) as NonNullable<ReturnType<typeof measured.get>>;
      const { who, threads } = contender;
      timings[contender.name] = {
        who,
        ...(threads !== undefined && { threads }),
        median: median(medians),
        min,
        mad: mad(medians),
        samples,
        rounds: medians,
      };
    }
    return { name, timings, yardstick: yard, ratios: ratiosToOurs(timings), ...work, ...(Object.keys(absent).length > 0 && { absent }) };
  } finally {
    for (const contender of field.contenders) {
      // a peer whose process is gone has nothing left to close, and said so already
      await Promise.resolve(contender.close()).catch((error: unknown) => {
        if (running.has(contender)) throw error;
      });
    }
  }
}

/** Returns the time of a call once it is stable; `first` is that of its result, or of the few steps which that takes. */
async function warmUp(contender: Contender, { milliseconds, warmUps }: Effort, first: number): Promise<number> {
  if (first > WARM_AT_ONCE_MS) return first;
  const begin = performance.now();
  let before = Number.POSITIVE_INFINITY;
  for (let window = 0, stable = 0; window < warmUps && stable < 2; window++) {
    const now = median(await contender.sample(milliseconds / 2));
    stable = Math.abs(now - before) < STABLE * before ? stable + 1 : 0;
    before = now;
    if (performance.now() - begin > LONGEST_WARM_UP_MS) break;
  }
  return before;
}

/** Every peer against ours with as many threads; against our first where there is none such. */
export function ratiosToOurs(timings: Readonly<Record<string, Timing>>): Record<string, Ratio> {
  const all = Object.entries(timings);
  const ours = all.filter(([, { who }]) => who === "tetrad");
  const ratios: Record<string, Ratio> = {};
  for (const [name, timing] of all) {
    if (timing.who === "tetrad") continue;
    const [against, own] = ours.find(([, { threads }]) => threads !== undefined && threads === timing.threads) ?? ours[0] ?? [];
    if (against !== undefined && own !== undefined) ratios[name] = { against, ...pairedRatio(timing.rounds, own.rounds) };
  }
  return ratios;
}

/** Throws unless both hold the same numbers to within `tolerance` of the expected one's size, or of `scale` where that is larger. */
export function agree(result: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, scale = 0): void {
  if (result.length !== expected.length) throw new Error(`${result.length} numbers, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const [got, want] = [result[i] as number, expected[i] as number];
    if (!(Math.abs(got - want) <= tolerance * Math.max(Math.abs(want), scale))) throw new Error(`number ${i} is ${got}, expected ${want}`);
  }
}
