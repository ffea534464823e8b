/** Workers that encode texts, each with a tokenizer of its own. */

import { TetradError } from "@tetrad/engine";
import type { Answer, Encoded, Text } from "./encode-block.js";
import type { EncodeOptions, Tokenizer } from "./tokenizer.js";

// Asked for at run time: bundlers for browsers refuse an import of what browsers lack, though a page never loads this file.
const { existsSync } = process.getBuiltinModule("node:fs");
const { availableParallelism } = process.getBuiltinModule("node:os");
const { fileURLToPath } = process.getBuiltinModule("node:url");
const { Worker } = process.getBuiltinModule("node:worker_threads");

/** More would wait for the calling thread, which puts texts into messages. */
const MOST = 8;

export interface Pool {
  /** One for each worker, for one block at a time */
  readonly encoders: readonly ((texts: readonly Text[], first: number) => Promise<Encoded[]>)[];
  close(): Promise<void>;
}

/** Undefined on one core, and where the package is not compiled. */
export function openPool({ source }: Tokenizer, options: EncodeOptions): Pool | undefined {
  const program = fileURLToPath(new URL("encode-worker.js", import.meta.url));
  const count = Math.min(MOST, availableParallelism() - 1);
  if (count < 1 || !existsSync(program)) return undefined;
  const workers = Array.from({ length: count }, () => new Worker(program, { workerData: { ...source, options } }));
  return {
    encoders: workers.map((worker) => (texts, first) => asked(worker, { texts, first })),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function asked(
  worker: InstanceType<typeof Worker>,
  block: { readonly texts: readonly Text[]; readonly first: number },
): Promise<Encoded[]> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      settle();
    };
    const onError = (error: Error) => end(() => reject(broken(error.message)));
    const onExit = (code: number) => end(() => reject(broken(`it ended with code ${code}`)));
    const onMessage = (answer: Answer) =>
      end(() => {
        if ("encoded" in answer) resolve([...answer.encoded]);
        else reject("code" in answer ? new TetradError(answer.code, answer.parts) : broken(answer.broken));
      });
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(block);
  });
}

const broken = (got: string): TetradError => new TetradError("INTERNAL", { op: "tokenize", what: "a worker failed", got });
