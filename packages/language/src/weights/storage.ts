/** As what a model's weights lie in memory: as numbers, in the blocks of their file, or as whole numbers that integer products read. */

import { integerPanels, normalizeSpec, type ParamSpecs, quantizeWeights, type Storage, TetradError } from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import type { Backbone } from "../models/backbone.js";
import { targetsOf } from "../peft/targets.js";
import type { Match } from "./match.js";
import type { WeightFile } from "./read.js";

export interface StorageOptions {
  /** Matrices that are not trained stay in the blocks of a GGUF file and are widened by the products that read them. */
  readonly quantized?: boolean;
  /**
   * "int8": layers in blocks of Q8_0, Q4_0 and Q4_1 round each row of what they take to 127 steps and sum whole numbers, which is faster and changes results slightly. Word
   * embeddings, and the head that shares them, stay exact. Not for training.
   */
  readonly activations?: "float" | "int8";
  /** "int8": the weights of all linear layers are rounded to seven bits and a scale per output when they are loaded, what layers take to eight. Not for training. */
  readonly quantize?: "int8";
}

/** A matrix that stays as it is stored */
export interface StoredWeight {
  readonly storage: Storage;
  /** As `store.set` takes it */
  bytes(): Uint8Array;
}

/**
 * Of the weights that were found in a file, those that stay as they are stored, by parameter.
 * @param specs parameters as the store will have them; what has no `state` in a model with an adapter is trained
 * @throws TetradError UNSUPPORTED for `quantize` where layers' weights are (in, out)
 */
export function storedWeights(
  { backbone, head, adapted }: { readonly backbone: Backbone; readonly head: Head; readonly adapted: boolean },
  specs: ParamSpecs,
  { found }: Match,
  file: WeightFile,
  { quantized = false, activations = "float", quantize }: StorageOptions,
): ReadonlyMap<string, StoredWeight> {
  const stored = new Map<string, StoredWeight>();
  if (!quantized && quantize === undefined) return stored;
  if (quantize !== undefined && backbone.fanInFanOut) {
    throw new TetradError("UNSUPPORTED", {
      op: "quantize",
      what: "layers whose weights are (in, out) are not rounded",
      got: backbone.modelType,
    });
  }
  const layers = new Set([...targetsOf(backbone, "all-linear").map(({ name }) => `${name}.weight`), ...Object.keys(head.params)]);
  for (const [name, tensor] of found) {
    const { state, shape } = normalizeSpec(specs[name] as ParamSpecs[string]);
    if (shape.length !== 2 || (adapted && state !== true)) continue;
    const one =
      layers.has(name) && quantize !== undefined
        ? rounded(file, tensor)
        : quantized
          ? kept(file, tensor, activations === "int8" && layers.has(name))
          : undefined;
    if (one !== undefined) stored.set(name, one);
  }
  return stored;
}

function rounded(file: WeightFile, tensor: string): StoredWeight {
  return {
    storage: { layout: "panels", format: "int8" },
    bytes: () => {
      const { data, shape } = file.read(tensor);
      return quantizeWeights(data, shape as [number, number], "int8").bytes;
    },
  };
}

function kept(file: WeightFile, tensor: string, integers: boolean): StoredWeight | undefined {
  const weight = file.stored?.(tensor);
  if (weight === undefined) return undefined;
  const { format, bytes } = weight;
  if (integers && (format === "q8_0" || format === "q4_0" || format === "q4_1")) {
    return { storage: { layout: "panels", format }, bytes: () => integerPanels(weight).bytes };
  }
  return { storage: { layout: "rows", format }, bytes: () => bytes };
}
