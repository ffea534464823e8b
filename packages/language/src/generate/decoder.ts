/** Text token by token: keys and values of what was read stay in the model's store, so that each new token costs one token's work. */

import {
  assign,
  attention,
  constant,
  type Engine,
  type FunctionProgram,
  type ParamSpecs,
  reshape,
  type Tensor,
  TetradError,
  take,
  where,
} from "@tetrad/engine";
import type { LanguageModel } from "../model.js";
import type { Attend, Backbone, TokenBatch } from "../models/backbone.js";

/** Tokens of a prompt that are read at once. */
const CHUNK = 32;

/** States that a model's store needs for a context of so many tokens. */
export function cacheSpecs({ cache: { layers, heads, dim } }: Backbone, context: number): ParamSpecs {
  const spec = { shape: [context, heads, dim], state: true };
  const names = Array.from({ length: layers }, (_, i) => [`cache.key.${i}`, `cache.value.${i}`]).flat();
  return Object.fromEntries(names.map((name) => [name, spec]));
}

/** What of a model text is made with. */
export type Decodable = Pick<LanguageModel, "backbone" | "head" | "store" | "within">;

export class Decoder {
  /** Tokens that were read */
  #length = 0;

  private constructor(
    private readonly single: FunctionProgram,
    private readonly chunk: FunctionProgram | undefined,
    /** Most tokens of prompt and answer */
    readonly context: number,
  ) {}

  /**
   * @param model opened with `cacheSpecs` of this context among its states
   * @param context most tokens of prompt and answer
   */
  static async open(engine: Engine, model: Decodable, context: number): Promise<Decoder> {
    const single = await compile(engine, model, context, 1);
    const chunk = context > CHUNK ? await compile(engine, model, context, CHUNK) : undefined;
    return new Decoder(single, chunk, context);
  }

  /** Forgets all that was read. */
  reset(): void {
    this.#length = 0;
  }

  /**
   * Reads tokens after those before.
   * @returns logits of the next token (V), a view that the next call overwrites
   * @throws TetradError ARGUMENT for no token, or more than the context has room for
   */
  async read(ids: ArrayLike<number>): Promise<Float32Array> {
    if (ids.length === 0 || this.#length + ids.length > this.context) {
      throw new TetradError("ARGUMENT", {
        op: "generate",
        what: ids.length === 0 ? "there is nothing to go on from" : "the context is full",
        got: `${ids.length} tokens after ${this.#length}`,
        expected: `1 to ${this.context - this.#length}`,
        hint: ids.length === 0 ? "give a prompt of at least one token" : "allow a longer context",
      });
    }
    let logits: Float32Array | undefined;
    for (let at = 0; at < ids.length; ) {
      const program = this.chunk !== undefined && ids.length - at >= CHUNK ? this.chunk : this.single;
      const count = program === this.single ? 1 : CHUNK;
      logits = await this.#run(
        program,
        Int32Array.from({ length: count }, (_, i) => ids[at + i] as number),
      );
      at += count;
    }
    return logits as Float32Array;
  }

  async #run(program: FunctionProgram, ids: Int32Array): Promise<Float32Array> {
    const first = this.#length;
    this.#length += ids.length;
    // Which rows of the cache are new, and which of the tokens each is.
    const isNew = new Uint8Array(this.context).fill(1, first, this.#length);
    const source = Int32Array.from(isNew, (flag, row) => (flag === 1 ? row - first : 0));
    const { logits } = await program.call({
      ids,
      positions: ids.map((_, i) => first + i),
      isNew,
      source,
      lengths: [this.#length],
    });
    return logits as Float32Array;
  }

  close(): void {
    this.single.close();
    this.chunk?.close();
  }
}

function compile(engine: Engine, { backbone, head, store, within }: Decodable, context: number, count: number): Promise<FunctionProgram> {
  const inputs = {
    ids: { shape: [count], dtype: "i32" },
    positions: { shape: [count], dtype: "i32" },
    isNew: { shape: [context], dtype: "bool" },
    source: { shape: [context], dtype: "i32" },
    lengths: { shape: [1], dtype: "i32" },
  } as const;
  return engine.compileWith(store, inputs, (all, given) => {
    const evaluation = { training: false };
    const { ids, positions, isNew, source, lengths } = given as Record<keyof typeof inputs, Tensor>;
    const fresh = reshape(isNew, [context, 1, 1]);
    const remembered = (name: string, rows: Tensor) => {
      const state = all[name] as Tensor;
      const value = where(fresh, count === 1 ? rows : take(rows, source), state);
      assign(state, value);
      return reshape(value, [1, ...value.shape]);
    };
    const attend: Attend = (layer, q, k, v, options) => {
      const keys = remembered(`cache.key.${layer}`, k);
      const values = remembered(`cache.value.${layer}`, v);
      const mixed = attention(reshape(q, [1, ...q.shape]), keys, values, { ...options, causal: "bottomRight", keyLengths: lengths });
      return reshape(mixed, [count, q.shape[1] as number, v.shape[2] as number]);
    };
    const batch = { ids, positions, attend, longest: context } as unknown as TokenBatch;
    const params = within(all, evaluation);
    const states = backbone.states(params, batch, evaluation);
    const last = take(states.last, constant([count - 1], [1], "i32"));
    return head.outputs(params, { ...states, last }, batch, evaluation);
  });
}
