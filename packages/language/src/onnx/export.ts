/** An encoder's folder as one ONNX file: the model that its config.json names, with its weights, for ONNX Runtime and what builds on it. */

import { type Engine, type JsonObject, TetradError } from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import { questionAnswering } from "../heads/question-answering.js";
import { sequenceClassification } from "../heads/sequence-classification.js";
import { tokenClassification } from "../heads/token-classification.js";
import { configOf, type LanguageModel, mergedModel, openModel } from "../model.js";
import type { Backbone } from "../models/backbone.js";
import { openEmbedder } from "../tasks/embed.js";
import { labelsOfConfig } from "../tasks/labels.js";
import { type EncoderModel, encoder } from "./encoder.js";
import { GraphBuilder, type Weight } from "./graph.js";
import { addHead, type OnnxTask } from "./heads.js";

export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly task: OnnxTask;
  /** int64 (batch, sequence) each, both extents free */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ExportOptions {
  /** Where an adapter's base model is, if not where its adapter_config.json says */
  readonly base?: string;
}

/**
 * The graph in opset 17 and float32. Inputs and outputs have the names that Hugging Face's optimum gives them; weights keep theirs.
 * @param weights a parameter by PyTorch's name
 */
export function onnxModel(model: EncoderModel, task: OnnxTask, weights: (name: string) => Weight): OnnxModel {
  const g = new GraphBuilder(weights);
  addHead(g, encoder(g, model), model.backbone, task);
  return { bytes: g.bytes(`${model.backbone.modelType} ${task.name}`), task, inputs: g.inputs, outputs: g.outputs };
}

/**
 * @param folder a model's, whose head is exported with it; or one without a head that is known, of which the states of all tokens and the pooled vector are
 * exported; or an adapter's, which is merged into its base
 * @throws TetradError UNSUPPORTED for a model that is no encoder, or pools by its last token; IO, FORMAT as `openModel`
 */
export async function exportOnnx(engine: Engine, folder: string, options: ExportOptions = {}): Promise<OnnxModel> {
  const { model, task } = await open(engine, folder, options);
  const { store } = await mergedModel(engine, model);
  return onnxModel(model, task, (name) => ({ shape: store.shape(name), data: Float32Array.from(store.get(name)) }));
}

const ENCODERS: readonly unknown[] = ["bert", "distilbert", "roberta"];

interface HeadTask {
  readonly task: OnnxTask;
  headOf(backbone: Backbone, config: JsonObject, folder: string): Head;
}

/** By the end of a config.json's architecture. */
const HEADS: Readonly<Record<string, HeadTask>> = {
  ForSequenceClassification: {
    task: { name: "text-classification" },
    headOf: (backbone, config, folder) => sequenceClassification(backbone, labelsOfConfig(config, folder).length),
  },
  ForTokenClassification: {
    task: { name: "token-classification" },
    headOf: (backbone, config, folder) => tokenClassification(backbone, labelsOfConfig(config, folder).length),
  },
  ForQuestionAnswering: { task: { name: "question-answering" }, headOf: questionAnswering },
};

async function open(
  engine: Engine,
  folder: string,
  options: ExportOptions,
): Promise<{ readonly model: LanguageModel; readonly task: OnnxTask }> {
  const config = await configOf(folder, options.base);
  if (!ENCODERS.includes(config["model_type"])) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "only encoders are exported to ONNX",
      got: `model_type ${JSON.stringify(config["model_type"])}`,
      expected: ENCODERS.join(", "),
      hint: "other models go to other programs as the folders they are: config.json and model.safetensors",
    });
  }
  const [architecture = ""] = (config["architectures"] ?? []) as readonly string[];
  const known = Object.entries(HEADS).find(([end]) => architecture.endsWith(end))?.[1];
  if (known !== undefined) {
    const headOf = (backbone: Backbone, own: JsonObject) => known.headOf(backbone, own, folder);
    return { model: await openModel(engine, folder, headOf, options), task: known.task };
  }
  const { model, pooling, normalized } = await openEmbedder(engine, folder, options);
  if (pooling === "last") {
    throw new TetradError("UNSUPPORTED", { op: folder, what: "this pooling is not exported", got: pooling, expected: "mean or first" });
  }
  return { model, task: { name: "feature-extraction", pooling, normalized } };
}
