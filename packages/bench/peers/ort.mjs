// ONNX Runtime web on wasm; its entry for Node, since the one for browsers cannot start threads here.
import * as ort from "onnxruntime-web";
import { inferenceTasks } from "./onnx-tasks.mjs";

export async function open(threads) {
  ort.env.wasm.numThreads = threads; // the number belongs to the process
  const run = (model) => ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return { describe: `ONNX Runtime web ${ort.env.versions.web}, wasm`, tasks: inferenceTasks(ort, run) };
}
