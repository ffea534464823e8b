/** Jobs on worker threads: as many at once as there are workers, results in the jobs' order whoever did them. */
import { Worker } from "node:worker_threads";
import { type ErrorCode, TetradError } from "@tetrad/engine";
import type { FromWorker, Job, JobResult, ToWorker, WorkerData } from "./messages.js";

export interface PoolOptions {
  readonly workers: number;
  readonly data: WorkerData;
  readonly signal: AbortSignal;
  readonly onProgress: (index: number, done: number, total: number, phase: string) => void;
}

/**
 * @returns a result for each job; undefined where it was stopped by the signal
 * @throws TetradError of the first job that fails; the others are then stopped
 */
export async function runJobs(
  jobs: readonly Job[],
  { workers, data, signal, onProgress }: PoolOptions,
): Promise<(JobResult | undefined)[]> {
  const results = new Array<JobResult | undefined>(jobs.length).fill(undefined);
  const waiting = [...jobs];
  const crew = Array.from(
    { length: Math.min(workers, jobs.length) },
    () => new Worker(new URL("./worker.js", import.meta.url), { workerData: data }),
  );
  const stop = (): void => {
    waiting.length = 0;
    for (const worker of crew) worker.postMessage({ kind: "stop" } satisfies ToWorker);
  };
  signal.addEventListener("abort", stop);
  try {
    await Promise.all(
      crew.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const next = (): void => {
              const job = signal.aborted ? undefined : waiting.shift();
              if (job === undefined) resolve();
              else worker.postMessage({ kind: "job", job } satisfies ToWorker);
            };
            worker.on("error", reject);
            worker.on("exit", (code) =>
              reject(new TetradError("INTERNAL", { op: "sample", what: "a worker ended by itself", got: `code ${code}` })),
            );
            worker.on("message", (message: FromWorker) => {
              if (message.kind === "progress") onProgress(message.index, message.done, message.total, message.phase);
              else if (message.kind === "failed") reject(asError(message));
              else {
                if (message.kind === "done") results[message.index] = message.result;
                next();
              }
            });
          }),
      ),
    );
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(crew.map((worker) => worker.terminate()));
  }
  return results;
}

function asError({ code, message, stack }: Extract<FromWorker, { kind: "failed" }>): Error {
  const error = code === "INTERNAL" ? new Error(message) : new TetradError(code as ErrorCode, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
