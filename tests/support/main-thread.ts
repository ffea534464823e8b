/** How long the main thread of a page is kept busy at a time, as Chromium's own trace has it. */
import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** µs */
  readonly dur?: number;
  /** µs of the processor, without those in which other processes had it */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface LongestTask {
  /** ms */
  readonly wall: number;
  /** ms of the processor */
  readonly cpu: number;
  readonly tasks: number;
  /** ms that the body took */
  readonly elapsed: number;
}

/**
 * Of a page whose work is done in workers no task takes more of the processor than this part of the time that the work takes. Measured on two cores: 14 ms of
 * 3.0 s of sampling, 20 ms of 8.7 s of training; no bound in milliseconds, of which a slow machine took 61 for the first.
 */
export const BRIEF = 1 / 50;

/** @param body what the page does meanwhile */
export async function longestTaskDuring(browser: Browser, page: Page, body: () => Promise<void>): Promise<LongestTask> {
  await browser.startTracing(page, { categories: ["toplevel"] });
  const start = performance.now();
  await body();
  const elapsed = performance.now() - start;
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(thread));
  const tasks = traceEvents.filter((event) => mains.has(thread(event)) && event.name.endsWith("RunTask") && event.dur !== undefined);
  const longest = (key: "dur" | "tdur") => tasks.reduce((most, event) => Math.max(most, event[key] ?? 0), 0) / 1000;
  return { wall: longest("dur"), cpu: longest("tdur"), tasks: tasks.length, elapsed };
}
