/** A worker of pool.node.ts: blocks of texts in, token numbers out. */

import { TetradError } from "@tetrad/engine";
import { type Answer, encodeBlock, type Text } from "./encode-block.js";
import { type EncodeOptions, Tokenizer } from "./tokenizer.js";

const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const { json, config, virtual, options } = workerData as Tokenizer["source"] & { readonly options: EncodeOptions };
const whole = new Tokenizer(json, config);
const tokenizer = virtual === 0 ? whole : whole.prompted(virtual);

parentPort?.on("message", ({ texts, first }: { readonly texts: readonly Text[]; readonly first: number }) => {
  const answer = answerTo(texts, first);
  const buffers =
    "encoded" in answer ? answer.encoded.flatMap(({ ids, words }) => [ids.buffer, ...(words === undefined ? [] : [words.buffer])]) : [];
  parentPort.postMessage(answer, buffers as ArrayBuffer[]);
});

function answerTo(texts: readonly Text[], first: number): Answer {
  try {
    return { encoded: encodeBlock(tokenizer, texts, first, options) };
  } catch (error) {
    if (error instanceof TetradError && error.parts !== undefined) return { code: error.code, parts: error.parts };
    return { broken: (error as Error).message };
  }
}
