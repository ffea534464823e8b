/** Times every launch of a plan on the device's own clock; whatever the steps changed is put back. */

import type { Launch } from "../../plan/plan.js";
import { describeLaunch, type Timeline, type TimelineStep } from "../../timeline.js";
import type { LaunchTime } from "../backend.js";
import type { WebGpuDevice } from "./device.js";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, QUERY_RESOLVE } from "./flags.js";
import { replaySteps, type Step } from "./replay.js";

const PASSES = 5;
/** Time stamps of one query set at most. */
const MOST_STAMPS = 4096;

/** Begin and end of each step on the device (ns). */
async function stamped(gpu: WebGpuDevice, steps: readonly Step[]): Promise<readonly { begin: number; end: number }[]> {
  const { device, queue } = gpu;
  const spans: { begin: number; end: number }[] = [];
  for (let first = 0; first < steps.length; first += MOST_STAMPS / 2) {
    const part = steps.slice(first, first + MOST_STAMPS / 2);
    const count = 2 * part.length;
    const querySet = device.createQuerySet({ type: "timestamp", count });
    const resolved = device.createBuffer({ size: count * 8, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = device.createBuffer({ size: count * 8, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    part.forEach((step, i) => {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      replaySteps(pass, [step]);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
    queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    const stamps = new BigUint64Array(staging.getMappedRange());
    const origin = stamps[0] as bigint;
    part.forEach((_, i) =>
      spans.push({ begin: Number((stamps[2 * i] as bigint) - origin), end: Number((stamps[2 * i + 1] as bigint) - origin) }),
    );
    staging.destroy();
    resolved.destroy();
    querySet.destroy();
  }
  return spans;
}

/** Where the device has no clock: each step alone, less what an empty submit takes (ns). */
async function waited(gpu: WebGpuDevice, steps: readonly Step[]): Promise<readonly { begin: number; end: number }[]> {
  const once = async (part: readonly Step[]): Promise<number> => {
    const before = performance.now();
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    replaySteps(pass, part);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    return performance.now() - before;
  };
  let overhead = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) overhead = Math.min(overhead, await once([]));
  const spans: { begin: number; end: number }[] = [];
  for (const step of steps) spans.push({ begin: 0, end: Math.max(0, (await once([step])) - overhead) * 1e6 });
  return spans;
}

/** Begin and end of each step, once (ns). */
export function spansOf(gpu: WebGpuDevice, steps: readonly Step[]): Promise<readonly { begin: number; end: number }[]> {
  return gpu.device.features.has("timestamp-query") ? stamped(gpu, steps) : waited(gpu, steps);
}

/** Steps on the device's clock, as a timeline of one thread. */
export async function trace(gpu: WebGpuDevice, steps: readonly Step[], count: number): Promise<Timeline> {
  const launches = steps.map(({ launch }) => describeLaunch(launch));
  const timeline: TimelineStep[] = [];
  let now = 0;
  for (let i = 0; i < count; i++) {
    const spans = await spansOf(gpu, steps);
    let last = 0;
    const timed = spans.map(({ begin, end }) => {
      // Launches that waited one by one have no common clock: they are put end to end.
      const from = Math.max(begin, last);
      const until = from + (end - begin);
      last = until;
      return { arrived: now + from / 1e6, began: now + from / 1e6, ended: now + until / 1e6 };
    });
    now += last / 1e6;
    timeline.push({ launches: timed, arrived: now, ended: now });
  }
  return { launches, threads: [timeline] };
}

export async function profile(gpu: WebGpuDevice, steps: readonly Step[]): Promise<LaunchTime[]> {
  const best = new Float64Array(steps.length).fill(Number.POSITIVE_INFINITY);
  for (let pass = 0; pass < PASSES; pass++) {
    const spans = await spansOf(gpu, steps);
    spans.forEach(({ begin, end }, i) => {
      best[i] = Math.min(best[i] as number, end - begin);
    });
  }
  // A launch may have taken several dispatches.
  const times = new Map<Launch, number>();
  steps.forEach(({ launch }, i) => times.set(launch, (times.get(launch) ?? 0) + (best[i] as number)));
  return [...times].map(([launch, ns]) => ({ ...describeLaunch(launch), microseconds: ns / 1e3 }));
}
