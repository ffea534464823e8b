/** Searches a compiled plan's thread count and variants by timing its own steps; whatever they change is put back. */

import type { Launch } from "../../plan/plan.js";
import { launchKey, variantsOf } from "../../plan/variants.js";
import { deviceKey, planKey, type TuningTable } from "../../tuning.js";
import type { Tuned } from "../backend.js";
import type { WasmExecutable } from "./executable.js";
import { snapshot } from "./profile.js";
import { type SearchProblem, search } from "./search.js";
import { threadCandidates } from "./thread-choice.js";

/** Timings of less are repeated until they last so long. */
const BURST_MS = 1;
/** Steps that let V8 finish compiling before anything is timed. */
const WARM_UP = 6;

export function tune(executable: WasmExecutable, seconds: number): Tuned {
  const { loaded, plan, runtime } = executable;
  const { launches } = plan;
  const restore = snapshot(executable);
  // Layers repeat each other's products: the first of equal launches is timed for all of them.
  const equal = new Map<string, number[]>();
  launches.forEach((launch, i) => {
    if ((variantsOf(launch)?.names.length ?? 1) > 1) equal.set(launchKey(launch), [...(equal.get(launchKey(launch)) ?? []), i]);
  });
  const groups = new Map([...equal.values()].map((group) => [group[0] as number, group] as const));
  const variants = new Map(
    [...groups.keys()].map((first) => [first, variantsOf(launches[first] as Launch)?.names.length as number] as const),
  );
  const burst = (address: number, count: number, threads: number): number => {
    for (let steps = 1; ; steps *= 4) {
      const before = performance.now();
      runtime.runSync(address, count, steps, threads);
      const ms = performance.now() - before;
      if (ms >= BURST_MS || steps >= 4096) return ms / steps;
    }
  };
  const problem: SearchProblem = {
    threads: threadCandidates(runtime.maxThreads),
    variants,
    timePlan: (threads) => burst(loaded.address, loaded.count, threads),
    timeLaunch: ({ launch, variant }, threads) => {
      executable.setVariant(launch, variant);
      return burst(loaded.address + (loaded.starts[launch] as number) * 4, 1, threads);
    },
    now: () => performance.now(),
  };
  try {
    for (let step = 0; step < WARM_UP; step++) runtime.runSync(loaded.address, loaded.count, 1, 1);
    const untuned = executable.threads;
    const { threads, times, choices, untried } = search(problem, seconds);
    const chosen = new Map(choices.map(({ launch, variant }) => [launch, variant] as const));
    for (const [first, group] of groups) for (const launch of group) executable.setVariant(launch, chosen.get(first) ?? 0);
    const microseconds = burst(loaded.address, loaded.count, threads) * 1000;
    const date = new Date().toISOString().slice(0, 10);
    const before = (times.find(([count]) => count === untuned) ?? (times[0] as readonly [number, number]))[1] * 1000;
    executable.settle(threads, `tuned on ${date}: ${times.map(([count, ms]) => `${(ms * 1000).toFixed(1)} µs on ${count}`).join(", ")}`);
    const table: TuningTable = {
      format: "tetrad-tuning",
      device: deviceKey(runtime.build),
      plans: { [planKey(executable.untunedPlan)]: { threads, microseconds, untuned: before, date } },
      launches: Object.fromEntries(
        choices.map(({ launch, variant }) => {
          const own = launches[launch] as Launch;
          return [launchKey(own), { variant: variantsOf(own)?.names[variant] as string, date }];
        }),
      ),
    };
    return { table, threads, microseconds, times: times.map(([count, ms]) => ({ threads: count, microseconds: ms * 1000 })), untried };
  } finally {
    restore();
  }
}
