/**
 * Checkpoints of llama2.c (`read_checkpoint` and `memory_map_weights` of its run.c): seven whole numbers, then float32 weights part by part, each for all layers.
 * What the file does not say is in that program's code: ε of the norms, the base of the rotations, and that the token of a text's beginning ends it too.
 */

import { type JsonObject, readBytes, TetradError } from "@tetrad/engine";
import { llama2cTokenizer } from "../tokenizer/llama2c.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { optional, type WeightFile } from "./read.js";
import { halvesTogether } from "./rotary-rows.js";

/** What a folder of Hugging Face has in several files */
export interface Llama2c {
  readonly config: JsonObject;
  readonly tokenizer: Tokenizer;
  readonly file: WeightFile;
}

interface Header {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
  readonly positions: number;
  /** Whether the last layer is the table of word embeddings */
  readonly tied: boolean;
}

/** Bytes of seven i32 */
const HEADER = 28;
/** First number of the formats that came after this one: "ak42" */
const LATER = 0x616b3432;

/**
 * @param path the checkpoint; its tokenizer lies beside it: `tok512.bin` for 512 tokens, or `tokenizer.bin`
 * @throws TetradError IO for a file that is not there, FORMAT for a damaged one, UNSUPPORTED for the later formats of llama2.c
 */
export async function openLlama2c(path: string): Promise<Llama2c> {
  const bytes = await readBytes(path);
  const header = headerOf(bytes, path);
  const folder = path.replace(/[^\\/]+$/, "");
  const [own, common] = [`${folder}tok${header.vocabulary}.bin`, `${folder}tokenizer.bin`];
  const sized = await optional(own);
  const tokenizer = llama2cTokenizer(sized ?? (await readBytes(common)), header.vocabulary, sized === undefined ? common : own);
  return { config: configOf(header), tokenizer, file: weightsOf(bytes, header, path) };
}

function headerOf(bytes: Uint8Array, source: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = bytes.length < HEADER ? [] : Array.from({ length: 7 }, (_, i) => view.getInt32(4 * i, true));
  if (numbers[0] === LATER) {
    throw new TetradError("UNSUPPORTED", {
      op: source,
      what: "this is a later format of llama2.c",
      got: `version ${numbers[1]}`,
      expected: "version 0, which its export.py writes with --version 0",
    });
  }
  const [width, inner, layers, heads, kvHeads, signed, positions] = numbers as [number, number, number, number, number, number, number];
  // A negative count of tokens says that the last layer has weights of its own.
  const header = { width, inner, layers, heads, kvHeads, vocabulary: Math.abs(signed), positions, tied: signed > 0 };
  const valid = Math.min(width, inner, layers, heads, kvHeads, header.vocabulary, positions) > 0 && (width / heads) % 2 === 0;
  if (!valid || heads % kvHeads !== 0) {
    throw new TetradError("FORMAT", {
      op: source,
      what: "this is no checkpoint of llama2.c",
      got: numbers.length === 0 ? `${bytes.length} bytes` : `the header ${numbers.join(", ")}`,
      expected: "seven numbers: width, inner width, layers, heads, heads of keys, tokens, positions",
    });
  }
  return header;
}

function configOf({ width, inner, layers, heads, kvHeads, vocabulary, positions, tied }: Header): JsonObject {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    vocab_size: vocabulary,
    max_position_embeddings: positions,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: tied,
    bos_token_id: 1,
    eos_token_id: 1,
  };
}

interface Entry {
  readonly shape: readonly number[];
  /** First byte of the file */
  readonly begin: number;
  /** Heads whose rows are in llama's own order */
  readonly heads: number | undefined;
}

function weightsOf(bytes: Uint8Array, header: Header, source: string): WeightFile {
  const { entries, end } = layout(header);
  if (bytes.length !== end) {
    throw new TetradError("FORMAT", {
      op: source,
      what: "the file is not as long as its header says",
      got: `${bytes.length} bytes`,
      expected: `${end}`,
      hint: bytes.length < end ? "it was cut short; fetch it again" : "is it a checkpoint of llama2.c?",
    });
  }
  return {
    source,
    shapes: new Map([...entries].map(([name, { shape }]) => [name, shape])),
    read(name) {
      const { shape, begin, heads } = entries.get(name) as Entry;
      const stored = new Uint8Array(bytes.subarray(begin, begin + 4 * sizeOf(shape)));
      const { buffer } = heads === undefined ? stored : halvesTogether(stored, shape[0] as number, heads);
      return { dtype: "f32", shape, data: new Float32Array(buffer as ArrayBuffer), storage: "F32" };
    },
    stored: () => undefined,
  };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/** Where each tensor lies, under transformers' name, and where the file ends. */
function layout({ width, inner, layers, heads, kvHeads, vocabulary, positions, tied }: Header) {
  const entries = new Map<string, Entry>();
  let end = HEADER;
  const place = (name: string, shape: readonly number[], turned?: number) => {
    entries.set(name, { shape, begin: end, heads: turned });
    end += 4 * sizeOf(shape);
  };
  const each = (part: string, shape: readonly number[], turned?: number) => {
    for (let i = 0; i < layers; i++) place(`model.layers.${i}.${part}.weight`, shape, turned);
  };
  const dim = width / heads;
  place("model.embed_tokens.weight", [vocabulary, width]);
  each("input_layernorm", [width]);
  each("self_attn.q_proj", [width, width], heads);
  each("self_attn.k_proj", [kvHeads * dim, width], kvHeads);
  each("self_attn.v_proj", [kvHeads * dim, width]);
  each("self_attn.o_proj", [width, width]);
  each("post_attention_layernorm", [width]);
  each("mlp.gate_proj", [inner, width]);
  each("mlp.down_proj", [width, inner]);
  each("mlp.up_proj", [inner, width]);
  place("model.norm.weight", [width]);
  // Tables of cosines and sines, which are computed
  end += 4 * positions * dim;
  if (!tied) place("lm_head.weight", [vocabulary, width]);
  return { entries, end };
}
