/** As what a model's weights lie in memory: as numbers, in the blocks of their file, or as whole numbers that integer products read. */

import {
  integerPanels,
  largestColumns,
  lostAtSevenBits,
  normalizeSpec,
  type ParamSpecs,
  quantizeWeights,
  type Storage,
  TetradError,
  type WideTensor,
} from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import type { Backbone } from "../models/backbone.js";
import { targetsOf } from "../peft/targets.js";
import type { Match } from "./match.js";
import type { StoredMatrix, WeightFile } from "./read.js";

export interface StorageOptions {
  /** Matrices that are not trained stay as their file has them, blocks of GGUF or numbers of 16 bits, and are widened by the products that read them. */
  readonly quantized?: boolean;
  /**
   * "int8": layers in blocks of Q8_0, Q4_0 and Q4_1 round each row of what they take to 127 steps and sum whole numbers, which is faster and changes results
   * slightly. Word embeddings, and the head that shares them, stay exact. Gradients pass as if what layers take were not rounded.
   */
  readonly activations?: "float" | "int8";
  /**
   * "int8": linear layers are rounded when they are loaded, to seven bits and a scale per output, and what they take to eight bits. Where an adapter is trained,
   * layers that are trained with it stay exact, and gradients pass through the others as if what they take were not rounded.
   */
  readonly quantize?: "int8" | undefined;
}

/** A matrix that stays as it is stored */
export interface StoredWeight {
  readonly storage: Storage;
  /** As `store.set` takes it; made when it is asked for, so that a model is not in memory twice. */
  bytes(): Uint8Array;
}

/**
 * Of the weights that were found in a file, those that stay as they are stored, by parameter.
 * @param specs parameters as the store will have them; where there is an adapter, all but states are trained
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
  if (quantize !== undefined && backbone.fanInFanOut) {
    throw new TetradError("UNSUPPORTED", {
      op: "quantize",
      what: "layers whose weights are (in, out) are not rounded",
      got: backbone.modelType,
    });
  }
  const layers = new Set(backbone.fanInFanOut ? [] : targetsOf(backbone, "all-linear").map(({ name }) => `${name}.weight`));
  for (const name of Object.keys(head.params)) layers.add(name);
  for (const [name, tensor] of found) {
    const { state, shape } = normalizeSpec(specs[name] as ParamSpecs[string]);
    const layer = layers.has(name);
    if (shape.length !== 2 || !(layer || name === backbone.embeddings) || (adapted && state !== true)) continue;
    if (layer && quantize !== undefined)
      stored.set(
        name,
        rounded(() => file.read(tensor)),
      );
    else if (quantized) {
      const weight = file.stored(tensor);
      if (weight !== undefined) stored.set(name, kept(weight, layer && activations === "int8"));
    }
  }
  if (activations === "int8" && ![...stored.values()].some(({ storage }) => storage.layout === "panels")) {
    throw new TetradError("UNSUPPORTED", {
      op: file.source,
      what: "no layer is in blocks that integer products read",
      expected: `activations "float", or a GGUF file in ${INTEGER_BLOCKS.join(", ")}`,
      hint: 'quantize: "int8" rounds other weights when they are loaded',
    });
  }
  return stored;
}

/** Blocks that integer products read with all their bits */
const INTEGER_BLOCKS = ["q8_0", "q4_0", "q4_1"] as const;

function kept(weight: StoredMatrix, integers: boolean): StoredWeight {
  const format = INTEGER_BLOCKS.find((known) => known === weight.format);
  if (!integers || format === undefined) return { storage: { layout: "rows", format: weight.format }, bytes: () => weight.bytes };
  return { storage: { layout: "panels", format }, bytes: () => integerPanels(weight).bytes };
}

/**
 * Largest share of a layer's square length that rounding to seven bits may take. MiniLM's layers lose 0.0002 to 0.0003; those that lead out of its feed-forward
 * parts, whose rows have large weights in the same few columns, 0.0005 to 0.002, and 0.0004 to 0.0005 with eight of those kept exact.
 */
const MOST_LOST = 6e-4;
/** How many columns may stay exact: so many cost 3 % of a layer's time. */
const EXACT = 8;

/** Seven bits and a scale per output, some columns exact where they would take much from the others; where that is not enough, eight bits in blocks of 32, at half the speed. */
function rounded(read: () => WideTensor): StoredWeight {
  const { data, shape } = read();
  const [out, columns] = shape as readonly [number, number];
  const exact = lostAtSevenBits(data, columns) <= MOST_LOST ? [] : largestColumns(data, columns, EXACT);
  if (exact.length > 0 && columns % 32 === 0 && lostAtSevenBits(data, columns, exact) > MOST_LOST) {
    return {
      storage: { layout: "panels", format: "q8_0" },
      bytes: () => integerPanels(quantizeWeights(read().data, [out, columns], "q8_0")).bytes,
    };
  }
  return {
    storage: { layout: "panels", format: "int8", outliers: exact.length },
    bytes: () => quantizeWeights(read().data, [out, columns], "int8", exact).bytes,
  };
}
