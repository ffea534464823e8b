/** Folders of Python's `adapters` with a bottleneck adapter: adapter_config.json, adapter.safetensors, and model_head.safetensors where a head was trained with it. */

import { type JsonObject, openSafetensors, readBytes, type SafetensorsFile, TetradError } from "@tetrad/engine";
import { ConfigFields } from "../models/config.js";
import { optional } from "../weights/read.js";
import { BOTTLENECK_FILES, bottleneck, FIXED } from "./bottleneck.js";
import type { AdapterFolder } from "./folder.js";

/** What `adapters` calls the body of a model with a head; a body alone has no such name. */
const BODIES: Readonly<Record<string, string>> = { distilbert: "distilbert.", gpt2: "transformer.", llama: "model.", qwen2: "model." };

/** peft's configurations say their type at the top level. */
export const isBottleneck = (config: JsonObject): boolean =>
  config["peft_type"] === undefined && typeof config["config"] === "object" && config["config"] !== null;

/** @throws TetradError IO, FORMAT; UNSUPPORTED for other methods of `adapters`, and for files of pickles */
export async function readBottleneck(folder: string, config: JsonObject): Promise<Pick<AdapterFolder, "method" | "tensors" | "names">> {
  const path = `${folder}/${BOTTLENECK_FILES.adapter}`;
  const adapter = await optional(path);
  if (adapter === undefined && (await optional(`${folder}/pytorch_adapter.bin`)) !== undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "weights that Python has pickled are not read",
      got: "pytorch_adapter.bin",
      expected: BOTTLENECK_FILES.adapter,
      hint: "save it with model.save_adapter(…, use_safetensors=True)",
    });
  }
  const head = await optional(`${folder}/${BOTTLENECK_FILES.head}`);
  const heads = head && openSafetensors(head, `${folder}/${BOTTLENECK_FILES.head}`);
  const files: SafetensorsFile[] = [openSafetensors(adapter ?? (await readBytes(path)), path), ...(heads === undefined ? [] : [heads])];
  const modulesToSave = [...(heads?.entries.keys() ?? [])].map((name) => name.slice(0, name.lastIndexOf(".")));
  const type = String(config["model_type"]);
  const body = BODIES[type] ?? `${type}.`;
  const own = `.adapters.${config["name"]}.`;
  const plain = (name: string) => {
    if (!name.includes(own)) return name;
    return `${name.startsWith(body) ? "" : body}${name.replace(own, ".adapters.")}`;
  };
  const entries = new Map(files.flatMap((file) => [...file.entries]));
  return {
    method: bottleneckOf(config, modulesToSave, `${folder}/adapter_config.json`),
    tensors: { entries, read: (name) => (files.find((file) => file.entries.has(name)) ?? (files[0] as SafetensorsFile)).read(name) },
    names: new Map([...entries.keys()].map((name) => [plain(name), name])),
  };
}

function bottleneckOf(config: JsonObject, modulesToSave: readonly string[], source: string) {
  const fields = new ConfigFields(config["config"] as JsonObject, source);
  for (const [name, value] of Object.entries(FIXED)) {
    // Without meaning where no layer is of that kind, and in how a new adapter begins
    if (/phm|hypercomplex|init_weights|cross_adapter|inv_adapter_/.test(name) && name !== "phm_layer") continue;
    const got = (config["config"] as JsonObject)[name];
    if (got !== undefined && JSON.stringify(got) !== JSON.stringify(value))
      throw new TetradError("UNSUPPORTED", {
        op: source,
        what: `this "${name}" is not built`,
        got: JSON.stringify(got),
        expected: JSON.stringify(value),
      });
  }
  return bottleneck({
    taskType: "",
    modulesToSave,
    base: typeof config["model_name"] === "string" ? config["model_name"] : "",
    reductionFactor: fields.real("reduction_factor"),
    nonLinearity: fields.text("non_linearity"),
    scaling: fields.real("scaling", 1),
    dropout: fields.real("dropout", 0),
    name: typeof config["name"] === "string" ? config["name"] : "adapter",
    places: {
      attention: fields.flag("mh_adapter", false),
      feedForward: fields.flag("output_adapter", false),
      normFirst: fields.flag("original_ln_before", false),
    },
  });
}
