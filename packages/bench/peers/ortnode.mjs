// ONNX Runtime, native, on the CPU.
import * as ort from "onnxruntime-node";
import { inferenceTasks } from "./onnx-tasks.mjs";

export async function open(threads) {
  const run = (model) =>
    ort.InferenceSession.create(model, { executionProviders: ["cpu"], intraOpNumThreads: threads, interOpNumThreads: 1 });
  return { describe: `ONNX Runtime ${ort.env.versions.node}, native, CPU`, tasks: inferenceTasks(ort, run) };
}
