/** Which layers an adapter goes to, by PEFT's rules for `target_modules`. */

import { didYouMean, normalizeSpec, TetradError } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";

/** Layers that get an adapter unless told, by model type: PEFT's own choices. */
const USUAL: Readonly<Record<"lora" | "ia3" | "feedforward", Readonly<Record<string, readonly string[]>>>> = {
  lora: {
    bert: ["query", "value"],
    roberta: ["query", "value"],
    distilbert: ["q_lin", "v_lin"],
    gpt2: ["c_attn"],
    llama: ["q_proj", "v_proj"],
    qwen2: ["q_proj", "v_proj"],
    t5: ["q", "v"],
  },
  ia3: {
    bert: ["key", "value", "output.dense"],
    roberta: ["key", "value", "output.dense"],
    distilbert: ["k_lin", "v_lin", "lin2"],
    gpt2: ["c_attn", "mlp.c_proj"],
    llama: ["k_proj", "v_proj", "down_proj"],
    qwen2: ["k_proj", "v_proj", "down_proj"],
    t5: ["k", "v", "wo"],
  },
  feedforward: {
    bert: ["output.dense"],
    roberta: ["output.dense"],
    distilbert: ["lin2"],
    gpt2: ["mlp.c_proj"],
    llama: ["down_proj"],
    qwen2: ["down_proj"],
    t5: ["wo"],
  },
};

/** @throws TetradError ARGUMENT for a model type that has no usual ones */
export function usualTargets({ modelType }: Backbone, kind: keyof typeof USUAL): readonly string[] {
  const found = USUAL[kind][modelType];
  if (found !== undefined) return found;
  throw new TetradError("ARGUMENT", {
    op: "peft",
    what: "no layers are usual for this model",
    got: modelType,
    hint: "name some in target_modules",
  });
}

export interface Target {
  /** The layer's name, without `.weight` */
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Whether a module is one of `names`: the module itself, or the end of its path. */
export function isModule(name: string, names: readonly string[]): boolean {
  return names.some((wanted) => name === wanted || name.endsWith(`.${wanted}`));
}

/** Whether a parameter belongs to one of these modules. */
export function isModuleOf(parameter: string, names: readonly string[] | undefined): boolean {
  if (names === undefined) return false;
  const path = parameter.split(".");
  return path.some((_, i) => i > 0 && isModule(path.slice(0, i).join("."), names));
}

/**
 * Layers of the model's body that match.
 * @param modules ends of their names, or one pattern for whole names; "all-linear" for all
 * @throws TetradError ARGUMENT where none does, UNSUPPORTED for embeddings
 */
export function targetsOf({ params, fanInFanOut, modelType }: Backbone, modules: readonly string[] | string): Target[] {
  const layers = Object.entries(params).flatMap(([name, spec]) => {
    const { shape } = normalizeSpec(spec);
    if (!name.endsWith(".weight") || shape.length !== 2) return [];
    const [rows, columns] = shape as [number, number];
    // T5's last layer, where it has one of its own, is no layer that an adapter could take the place of.
    const table = /embed|wte|wpe|shared|relative_attention_bias|^lm_head/.test(name);
    return [{ name: name.slice(0, -".weight".length), input: fanInFanOut ? rows : columns, output: fanInFanOut ? columns : rows, table }];
  });
  const matches = matcher(modules);
  const found = layers.filter(({ name, table }) => (modules === "all-linear" ? !table : matches(name)));
  const table = found.find((layer) => layer.table);
  if (table !== undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: "peft",
      what: "adapters of embeddings and of the last layer are not built",
      got: table.name,
      hint: "leave them out of target_modules",
    });
  }
  if (found.length > 0) return found.map(({ name, input, output }) => ({ name, input, output }));
  const ends = [...new Set(layers.filter((layer) => !layer.table).map(({ name }) => name.split(".").at(-1) as string))];
  throw new TetradError("ARGUMENT", {
    op: "peft",
    what: `no layer of this ${modelType} model matches target_modules`,
    got: JSON.stringify(modules),
    expected: ends.join(", "),
    hint: typeof modules === "string" ? undefined : didYouMean(modules[0] ?? "", ends),
  });
}

function matcher(modules: readonly string[] | string): (name: string) => boolean {
  if (typeof modules !== "string") return (name) => isModule(name, modules);
  if (modules === "all-linear") return () => true;
  const pattern = new RegExp(`^(?:${modules})$`);
  return (name) => pattern.test(name);
}
