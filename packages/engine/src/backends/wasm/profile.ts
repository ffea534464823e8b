/** Times every launch of a plan by running whole steps launch by launch; whatever the steps changed is put back. */

import { describeLaunch } from "../../timeline.js";
import type { LaunchTime, Segment } from "../backend.js";
import type { WasmExecutable } from "./executable.js";

const PASSES = 30;
/** Long steps are run less often: until so much time has passed, but not fewer times than this. */
const LONG_MS = 1000;
const FEWEST_PASSES = 4;
/** A reading has to be so many ticks of the clock, and a launch is repeated no more than so often for it. */
const LONG_IN_TICKS = 20;
const MOST_RUNS = 1024;

export function profile(executable: WasmExecutable): LaunchTime[] {
  const { loaded, plan, runtime, threads } = executable;
  const restore = snapshot(executable);
  const best = new Float64Array(loaded.count).fill(Number.POSITIVE_INFINITY);
  const overhead = measureOverhead(executable);
  // Where the clock is coarse (pages read it in steps of 5 to 100 µs) a short launch is run many times for one reading.
  const long = LONG_IN_TICKS * clockTick();
  const runs = new Int32Array(loaded.count).fill(1);
  const begin = performance.now();
  for (let pass = 0; pass < PASSES; pass++) {
    if (pass >= FEWEST_PASSES && performance.now() - begin > LONG_MS) break;
    for (let i = 0; i < loaded.count; ) {
      const count = runs[i] as number;
      const before = performance.now();
      runtime.runSync(loaded.address + (loaded.starts[i] as number) * 4, 1, count, threads);
      const taken = performance.now() - before;
      if (taken < long && count < MOST_RUNS) {
        runs[i] = count * 4;
        continue;
      }
      best[i] = Math.min(best[i] as number, (taken - overhead) / count);
      i++;
    }
  }
  restore();
  return plan.launches.map((launch, i) => ({
    ...describeLaunch(launch),
    microseconds: Math.max(0, best[i] as number) * 1000,
  }));
}

/** The smallest step of the clock (ms): a nanosecond or less in Node. */
function clockTick(): number {
  let tick = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const before = performance.now();
    let now = before;
    while (now === before) now = performance.now();
    tick = Math.min(tick, now - before);
  }
  // In Node two readings are some 50 ns apart, which is no property of the clock.
  return tick < 1e-3 ? 0 : tick;
}

/** What calling into wasm and reading the clock cost without any launch (ms). */
function measureOverhead({ runtime, loaded, threads }: WasmExecutable): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 200; i++) {
    const before = performance.now();
    runtime.runSync(loaded.address, 0, 1, threads);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

/** Copies all storage that outlives a step; the result puts it back. */
export function snapshot({ request, plan, linked }: WasmExecutable): () => void {
  const segments = new Set<Segment>([...request.leaves.values()].map(({ segment }) => segment));
  const { training } = request;
  if (training !== undefined) for (const segment of [training.params, training.scalars, ...training.moments]) segments.add(segment);
  const copies = [...segments].map((segment) => ({ view: () => segment.view(), data: segment.view().slice() }));
  const outputs = [...plan.outputs.values()].map((tensor) => ({ view: () => linked.view(tensor), data: linked.view(tensor).slice() }));
  return () => {
    for (const { view, data } of [...copies, ...outputs]) view().set(data);
  };
}
