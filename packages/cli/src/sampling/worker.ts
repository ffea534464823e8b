/** A worker thread of `tetrad sample`: compiles the likelihood once, then does one job after another. */
import { parentPort, workerData } from "node:worker_threads";
import { createEngine, TetradError } from "@tetrad/engine";
import { createLikelihood } from "@tetrad/theory";
import { runJob } from "./job.js";
import type { FromWorker, ToWorker, WorkerData } from "./messages.js";
import { readTheoryAndData } from "./plan.js";
import { keepState } from "./unfinished.js";

if (parentPort === null) throw new Error("this file is a worker of `tetrad sample`, not a program");
const port = parentPort;
const { plan, folder, backend } = workerData as WorkerData;
const tell = (message: FromWorker): void => port.postMessage(message);

function fail(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: "failed", code: error instanceof TetradError ? error.code : "INTERNAL", message, stack });
}

async function main(): Promise<void> {
  const { theory, given } = await readTheoryAndData(plan);
  // Calls are too short to share between threads: chains are what runs side by side.
  const engine = await createEngine({ backend, threads: 1 });
  const likelihood = await createLikelihood(engine, theory, given);
  let stopped = false;
  port.on("message", (message: ToWorker) => {
    if (message.kind === "stop") {
      stopped = true;
      return;
    }
    const { job } = message;
    runJob(likelihood, plan, job, {
      progress: (done, total, phase) => tell({ kind: "progress", index: job.index, done, total, phase }),
      keep: (state) => keepState(folder, job.index, state),
      stopped: () => stopped,
    }).then(
      (result) => tell(result === undefined ? { kind: "stopped", index: job.index } : { kind: "done", index: job.index, result }),
      fail,
    );
  });
  tell({ kind: "ready" });
}

main().catch(fail);
