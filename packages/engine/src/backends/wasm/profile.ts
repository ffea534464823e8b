/** Times every launch of a plan by running whole steps launch by launch; whatever the steps changed is put back. */

import { describeLaunch } from "../../timeline.js";
import type { LaunchTime, Segment } from "../backend.js";
import type { WasmExecutable } from "./executable.js";

const PASSES = 30;

export function profile(executable: WasmExecutable): LaunchTime[] {
  const { loaded, plan, runtime, threads } = executable;
  const restore = snapshot(executable);
  const best = new Float64Array(loaded.count).fill(Number.POSITIVE_INFINITY);
  const overhead = measureOverhead(executable);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < loaded.count; i++) {
      const before = performance.now();
      runtime.runSync(loaded.address + (loaded.starts[i] as number) * 4, 1, 1, threads);
      best[i] = Math.min(best[i] as number, performance.now() - before);
    }
  }
  restore();
  return plan.launches.map((launch, i) => ({
    ...describeLaunch(launch),
    microseconds: Math.max(0, (best[i] as number) - overhead) * 1000,
  }));
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
