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
  readonly args?: { readonly name?: string; readonly src_file?: string; readonly src_func?: string };
}

export interface LongestTask {
  /** ms */
  readonly wall: number;
  /** ms of the processor */
  readonly cpu: number;
  readonly tasks: number;
  /** ms that the body took */
  readonly elapsed: number;
  /** Who asked for the task that took most of the processor. */
  readonly from: string;
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
  const cpu = longest("tdur");
  const { src_file, src_func } = tasks.find(({ tdur = 0 }) => tdur / 1000 === cpu)?.args ?? {};
  return { wall: longest("dur"), cpu, tasks: tasks.length, elapsed, from: `${src_func} in ${src_file}` };
}

/**
 * The body until no task of it is longer than `BRIEF` allows, thrice at most. A core that the host gives to somebody else for a moment counts as the
 * processor's time in a guest: a task of 78 ms was seen twice in some twenty whole runs of the tests, where 46 beside five busy processes had 5 to 8 ms.
 * What the page itself does at a stretch, on its first use too, is there each time.
 * @param prepare brings the page to where the body begins, as if nobody had used it
 * @throws if it is there each time
 */
export async function expectBriefTasks(
  browser: Browser,
  page: Page,
  prepare: () => Promise<void>,
  body: () => Promise<void>,
): Promise<void> {
  const seen: LongestTask[] = [];
  while (seen.length < 3) {
    await prepare();
    const found = await longestTaskDuring(browser, page, body);
    if (found.cpu > 0 && found.cpu < BRIEF * found.elapsed) return;
    seen.push(found);
  }
  const each = seen.map(
    ({ cpu, elapsed, tasks, from }) => `${cpu} ms of ${elapsed.toFixed(0)} in one of ${tasks} tasks, asked for by ${from}`,
  );
  throw new Error(`the page's main thread is held up:\n${each.join("\n")}`);
}
