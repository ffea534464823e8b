/** GGUF files of llama.cpp as weights of a Llama model: blocks by the engine's formats. */

import { type FormatName, TetradError, WEIGHT_FORMATS, type WideTensor } from "@tetrad/engine";
import { readGgufHeader } from "./gguf-header.js";
import { storedMatrix, type WeightFile } from "./read.js";
import { halvesTogether } from "./rotary-rows.js";

/** ggml_type (ggml.h) of the formats that are read. */
const TYPES: Readonly<Record<number, { readonly name: string; readonly format?: FormatName }>> = {
  0: { name: "F32" },
  1: { name: "F16", format: "f16" },
  2: { name: "Q4_0", format: "q4_0" },
  3: { name: "Q4_1", format: "q4_1" },
  8: { name: "Q8_0", format: "q8_0" },
  14: { name: "Q6_K", format: "q6_K" },
  30: { name: "BF16", format: "bf16" },
};

interface Entry {
  readonly shape: readonly number[];
  readonly type: number;
  readonly begin: number;
  readonly length: number;
  /** Heads whose rows llama.cpp has put in another order */
  readonly heads: number | undefined;
}

/** Parts of a layer: llama.cpp's name, and transformers'. */
const LAYER: Readonly<Record<string, string>> = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};
const OTHERS: Readonly<Record<string, string>> = { token_embd: "model.embed_tokens", output_norm: "model.norm", output: "lm_head" };

function nameOf(name: string): string | undefined {
  const [, layer, part, kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  if (part === undefined) return undefined;
  const own = layer === undefined ? OTHERS[part] : LAYER[part];
  if (own === undefined) return undefined;
  return layer === undefined ? `${own}.${kind}` : `model.layers.${layer}.${own}.${kind}`;
}

/**
 * @throws TetradError FORMAT for a damaged or hostile header, UNSUPPORTED for another architecture or format
 */
export async function openGguf(bytes: Uint8Array, source: string): Promise<WeightFile> {
  const { metadata, tensors } = readGgufHeader(bytes, source);
  const architecture = metadata.get("general.architecture");
  if (architecture !== "llama" && architecture !== "qwen2") {
    throw new TetradError("UNSUPPORTED", {
      op: source,
      what: "this architecture is not built",
      got: String(architecture),
      expected: "llama, qwen2",
    });
  }
  const countOf = (key: string) => Number(metadata.get(`${architecture}.${key}`));
  const heads: Readonly<Record<string, number>> = { attn_q: countOf("attention.head_count"), attn_k: countOf("attention.head_count_kv") };
  const entries = new Map<string, Entry>();
  for (const { name, extents, type: number, begin } of tensors) {
    const type = TYPES[number];
    const own = nameOf(name);
    if (name === "rope_freqs.weight") continue;
    if (type === undefined || own === undefined) {
      throw new TetradError(type === undefined ? "UNSUPPORTED" : "FORMAT", {
        op: source,
        what: type === undefined ? `tensor ${name} is in a format that is not read` : `tensor ${name} belongs to no part of the model`,
        got: `ggml type ${number}`,
        expected: Object.values(TYPES)
          .map(({ name: known }) => known)
          .join(", "),
      });
    }
    // The fastest axis is first.
    const shape = [...extents].reverse();
    const columns = shape.at(-1) as number;
    const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
    const block = type.format === undefined ? 1 : WEIGHT_FORMATS[type.format].block;
    const length = rows * (type.format === undefined ? 4 * columns : WEIGHT_FORMATS[type.format].rowBytes(columns));
    if (columns % block !== 0 || !(begin + length <= bytes.length)) {
      throw new TetradError("FORMAT", {
        op: source,
        what: `tensor ${name} does not fit into the file`,
        got: `bytes ${begin} to ${begin + length} of ${bytes.length}`,
        hint: "the file was cut short; fetch it again",
      });
    }
    const turned = architecture === "llama" ? heads[/^blk\.\d+\.(\w+)\./.exec(name)?.[1] ?? ""] : undefined;
    entries.set(own, { shape, type: number, begin, length, heads: turned });
  }
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry !== undefined) return entry;
    throw new TetradError("ARGUMENT", {
      op: source,
      what: `there is no tensor ${JSON.stringify(name)}`,
      expected: `one of ${entries.size}, model.norm.weight say`,
    });
  };
  const rowsOf = ({ begin, length, shape, heads: count }: Entry) => {
    const part = bytes.subarray(begin, begin + length);
    return count === undefined ? part : halvesTogether(part, shape[0] as number, count);
  };
  return {
    source,
    shapes: new Map([...entries].map(([name, { shape }]) => [name, shape])),
    read(name) {
      const entry = entryOf(name);
      return widened(entry, rowsOf(entry));
    },
    stored(name) {
      const entry = entryOf(name);
      return storedMatrix(TYPES[entry.type]?.format, entry.shape, () => rowsOf(entry));
    },
  };
}

function widened({ shape, type }: Entry, bytes: Uint8Array): WideTensor {
  const { name, format } = TYPES[type] as (typeof TYPES)[number];
  const columns = shape.at(-1) as number;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const storage = name === "F16" || name === "BF16" ? name : "F32";
  if (format === undefined) return { dtype: "f32", shape, data: new Float32Array(new Uint8Array(bytes).buffer), storage };
  const { rowBytes, decode } = WEIGHT_FORMATS[format];
  const size = rowBytes(columns);
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) data.set(decode(bytes.subarray(row * size, (row + 1) * size), columns), row * columns);
  return { dtype: "f32", shape, data, storage };
}
