/**
 * A traced run as Chrome's trace event format (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU), which Perfetto
 * and chrome://tracing open: launches, barriers and idle time of every thread.
 */

import type { LaunchTime } from "./backends/backend.js";
import { type Launch, launchTitle } from "./plan/plan.js";
import { formatShape } from "./shape.js";

/** A launch of the plan, without a time. */
export type TimelineLaunch = Omit<LaunchTime, "microseconds">;

/** Of a launch what holds for every run of it. */
export function describeLaunch(launch: Launch): TimelineLaunch {
  const shapes = launch.outputs.map((y) => `${y.dtype}${formatShape(y.shape)}`).join(" ");
  return { title: launchTitle(launch), shapes, flops: launch.flops, bytes: launch.bytes };
}

/** What happened on one thread, in milliseconds on a clock that all threads share. */
export interface TimelineStep {
  readonly launches: readonly { readonly arrived: number; readonly began: number; readonly ended: number }[];
  /** At the barrier that ends the step. */
  readonly arrived: number;
  readonly ended: number;
}

export interface Timeline {
  readonly launches: readonly TimelineLaunch[];
  /** Steps by thread; thread 0 is the caller. */
  readonly threads: readonly (readonly TimelineStep[])[];
}

/** A complete event (`X`) or a name (`M`); times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly cat?: "step" | "launch" | "barrier" | "idle";
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, string | number>>;
}

export interface TraceFile {
  readonly displayTimeUnit: "ns";
  readonly otherData: Readonly<Record<string, string | number>>;
  readonly traceEvents: readonly TraceEvent[];
}

const PID = 1;

/** @param about goes into the file as it is: backend, build, model */
export function traceEvents({ launches, threads }: Timeline, about: Readonly<Record<string, string | number>> = {}): TraceFile {
  const begin = Math.min(...threads.map((steps) => steps[0]?.launches[0]?.arrived ?? steps[0]?.arrived ?? Number.POSITIVE_INFINITY));
  const end = Math.max(...threads.map((steps) => steps[steps.length - 1]?.ended ?? Number.NEGATIVE_INFINITY));
  // Whole nanoseconds: the clock has no more, and sums of decimals would overlap their neighbours by rounding.
  const microseconds = (ms: number) => Math.round((ms - begin) * 1e6) / 1e3;
  const events: TraceEvent[] = [{ name: "process_name", ph: "M", pid: PID, tid: 0, args: { name: "tetrad" } }];
  threads.forEach((steps, tid) => {
    const span = (cat: NonNullable<TraceEvent["cat"]>, name: string, from: number, to: number, args: TraceEvent["args"] = {}): void => {
      const [ts, until] = [microseconds(from), microseconds(to)];
      if (until > ts || cat === "launch")
        events.push({ name, ph: "X", pid: PID, tid, cat, ts, dur: Math.round((until - ts) * 1e3) / 1e3, args });
    };
    events.push({ name: "thread_name", ph: "M", pid: PID, tid, args: { name: tid === 0 ? "thread 0 (caller)" : `thread ${tid}` } });
    events.push({ name: "thread_sort_index", ph: "M", pid: PID, tid, args: { sort_index: tid } });
    // A worker that has yet to wake up, and the end of the run that one thread reaches before another.
    span("idle", "idle", begin, steps[0]?.launches[0]?.arrived ?? end);
    steps.forEach((step, s) => {
      const first = step.launches[0]?.arrived ?? step.arrived;
      span("step", `step ${s}`, first, step.ended, { step: s });
      step.launches.forEach(({ arrived, began, ended }, i) => {
        const { title, shapes, flops, bytes } = launches[i] as TimelineLaunch;
        span("barrier", "barrier", arrived, began, { before: i });
        span("launch", title, began, ended, { launch: i, shapes, flops, bytes });
      });
      span("barrier", "barrier", step.arrived, step.ended, { before: "the next step" });
    });
    span("idle", "idle", steps[steps.length - 1]?.ended ?? end, end);
  });
  return { displayTimeUnit: "ns", otherData: about, traceEvents: events };
}

/** Reads the stamps of WasmRuntime.trace: per launch arrived, began, ended; per step arrived and ended. */
export function timelineOf(launches: readonly TimelineLaunch[], stamps: readonly Float64Array[]): Timeline {
  const words = 3 * launches.length + 2;
  const stepOf = (thread: Float64Array, s: number): TimelineStep => {
    const at = (i: number) => thread[s * words + i] as number;
    return {
      launches: launches.map((_, i) => ({ arrived: at(3 * i), began: at(3 * i + 1), ended: at(3 * i + 2) })),
      arrived: at(words - 2),
      ended: at(words - 1),
    };
  };
  return { launches, threads: stamps.map((thread) => Array.from({ length: thread.length / words }, (_, s) => stepOf(thread, s))) };
}
