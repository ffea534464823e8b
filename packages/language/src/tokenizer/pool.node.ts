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

/** Blocks that a worker has at a time, so that it need not wait for the calling thread, which is at a block of its own when an answer comes. */
const AHEAD = 2;

type Encoder = (texts: readonly Text[], first: number) => Promise<Encoded[]>;

export interface Pool {
  /** Each takes one block at a time. */
  readonly encoders: readonly Encoder[];
  close(): Promise<void>;
}

/** Undefined on one core, and where the package is not compiled. */
export function openPool({ source }: Tokenizer, options: EncodeOptions): Pool | undefined {
  const program = fileURLToPath(new URL("encode-worker.js", import.meta.url));
  const count = Math.min(MOST, availableParallelism() - 1);
  if (count < 1 || !existsSync(program)) return undefined;
  const workers = Array.from({ length: count }, () => new Worker(program, { workerData: { ...source, options } }));
  return {
    encoders: workers.flatMap((worker) => new Array<Encoder>(AHEAD).fill(encoderOf(worker))),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

interface Asked {
  resolve(encoded: Encoded[]): void;
  reject(error: TetradError): void;
}

/** A worker answers in the order in which it was asked. */
function encoderOf(worker: InstanceType<typeof Worker>): Encoder {
  const waiting: Asked[] = [];
  const fail = (why: string) => {
    for (const { reject } of waiting.splice(0)) reject(broken(why));
  };
  worker.on("error", (error: Error) => fail(error.message));
  worker.on("exit", (code) => fail(`it ended with code ${code}`));
  worker.on("message", (answer: Answer) => {
    const { resolve, reject } = waiting.shift() as Asked;
    if ("encoded" in answer) resolve([...answer.encoded]);
    else reject("code" in answer ? new TetradError(answer.code, answer.parts) : broken(answer.broken));
  });
  return (texts, first) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      worker.postMessage({ texts, first });
    });
}

const broken = (got: string): TetradError => new TetradError("INTERNAL", { op: "tokenize", what: "a worker failed", got });
